import Cells
import TensorCore
import Testing

/// A loop of single steps, and generation, pack their weights once and not once a step.
@Suite struct PackedOnceTests {
  private var layer: Recurrent {
    var generator = Philox(seed: 4)
    return Recurrent(LSTM(), inputSize: 3, hiddenSize: 5, using: &generator)
  }

  /// The packed weights that one step leaves.
  private func step(_ layer: Recurrent, _ precision: Precision = .highest) -> PackedWeights? {
    withPrecision(precision) { _ = layer(Tensor(ones: [1, 1, 3])) }
    let weights = layer.caches[0].weights
    return weights.count == 1 ? weights[0] : nil
  }

  @Test func stepsShareThePackedWeights() throws {
    let layer = layer
    let first = try #require(step(layer))
    for _ in 0..<3 { #expect(step(layer) === first) }
  }

  @Test func changedWeightsArePackedAgain() throws {
    var layer = layer
    let first = try #require(step(layer))
    layer.updateParameters { _, parameter in parameter = parameter * 2 }
    let second = try #require(step(layer))
    #expect(second !== first)
    #expect(step(layer) === second)
  }

  @Test func anotherPrecisionPacksAnew() throws {
    MatrixUnit.emulate()
    let layer = layer
    let first = try #require(step(layer))
    let second = try #require(step(layer, .high))
    #expect(second !== first)
  }
}
