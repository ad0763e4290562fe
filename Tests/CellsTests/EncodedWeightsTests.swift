import Cells
import TensorCore
import Testing

/// Layers of any cell whose weights are in 8 or 16 bits.
@Suite struct EncodedWeightsTests {
  /// Activations are rounded to 1/32766 of their row's largest magnitude, and matrices that a cell computes from its
  /// weights are rounded to the format again: 1/254 of a row's largest. A few steps later that has grown.
  private static let tolerance: Float = 5e-2

  private func layer(_ cell: any RecurrentCell, hidden: Int = 24) -> Recurrent {
    var generator = Philox(seed: 11)
    return Recurrent(
      cell, inputSize: hidden, hiddenSize: hidden, layers: 2, layout: .batchFirst,
      using: &generator)
  }

  private func inputs(_ batch: Int, hidden: Int = 24) -> Tensor {
    var generator = Philox(seed: 12)
    return Tensor(normal: [batch, 7, hidden], using: &generator)
  }

  @Test(arguments: ZooLawTests.registered, [WeightFormat.int8, .bfloat16])
  func everyCellReadsThem(_ subject: ZooLawTests.Subject, _ format: WeightFormat) {
    var encoded = layer(subject.cell)
    encoded.encodeWeights(as: format)
    var floats = encoded
    floats.encodeWeights(as: .float32)
    for batch in [1, 5] {
      let x = inputs(batch)
      let (found, expected) = (encoded(x).output, floats(x).output)
      #expect(
        found.isApproximatelyEqual(
          to: expected, relativeTolerance: Self.tolerance, absoluteTolerance: Self.tolerance),
        "\(subject) of \(batch)")
      #expect(encoded(x).output == found, "packed weights are reused")
    }
  }

  /// One copy of the weights: products read them where they are.
  @Test(arguments: [LSTM() as any RecurrentCell, GRU(), MGU(), IndRNN(), RNN()])
  func productsNeedNoFloats(_ cell: any RecurrentCell) {
    var layer = layer(cell, hidden: 32)
    layer.encodeWeights(as: .int8)
    let x = inputs(1, hidden: 32)
    let whole = layer(x)
    var state = layer.zeroState(batch: 1)
    for step in 0..<7 {
      let next = layer(x.slice(step..<step + 1, along: 1), from: state)
      #expect(next.output == whole.output.slice(step..<step + 1, along: 1))
      state = next.state
    }
    for (name, weight) in layer.parameters where weight.rank == 2 {
      #expect(weight.weightFormat == .int8 && !weight.storage.hasFloats, "\(name)")
    }
  }

  /// Packing changes no bit, forward or backward, and a packed model can be trained.
  @Test(arguments: ZooLawTests.registered)
  func packedWeightsGiveTheSameBits(_ subject: ZooLawTests.Subject) {
    let layer = layer(subject.cell)
    var packed = layer
    packed.packWeights()
    for batch in [1, 5] {
      let x = inputs(batch)
      #expect(packed(x).output == layer(x).output, "\(subject) of \(batch)")
      func gradients(_ layer: Recurrent) -> [Tensor] {
        valueAndGradient(of: layer) { $0(x).output.sum() }.gradients.values
      }
      #expect(gradients(packed) == gradients(layer), "\(subject) of \(batch)")
    }
    #expect(packed.parameters.map(\.value) == layer.parameters.map(\.value))
  }

  @Test func packedWeightsAreInMemoryOnce() {
    var layer = layer(LSTM(), hidden: 48)
    layer.packWeights()
    _ = layer(inputs(1, hidden: 48))
    _ = layer(inputs(6, hidden: 48))
    for (name, weight) in layer.parameters where weight.rank == 2 {
      #expect(!weight.storage.hasFloats, "\(name)")
    }
  }

  /// Gradients with respect to an input pass through weights that are only read.
  @Test func inputsHaveGradients() {
    var encoded = layer(GRU())
    encoded.encodeWeights(as: .int8)
    var floats = encoded
    floats.encodeWeights(as: .float32)
    func gradient(_ layer: Recurrent) -> Tensor {
      valueAndGradient(of: [inputs(2)]) { layer($0[0]).output.sum() }.gradients[0]
    }
    #expect(
      gradient(encoded).isApproximatelyEqual(
        to: gradient(floats), relativeTolerance: Self.tolerance, absoluteTolerance: Self.tolerance)
    )
  }
}
