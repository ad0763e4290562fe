import Cells
import TensorCore
import Testing

/// A layer's features equal compositions of simpler layers.
@Suite struct LayerCompositionTests {
  private static let input: Tensor = {
    var generator = Philox(seed: 7)
    return Tensor(normal: [5, 4, 3], using: &generator)
  }()

  /// Both directions, merged, are two layers and an operation.
  @Test(arguments: [
    Recurrent.Merge.concatenate, Recurrent.Merge.sum, Recurrent.Merge.mean, Recurrent.Merge.product,
  ])
  func bothDirectionsAreTwoLayers(_ merge: Recurrent.Merge) throws {
    var generator = Philox(seed: 8)
    func make(_ direction: Recurrent.Direction) -> Recurrent {
      Recurrent(
        GRU(), inputSize: 3, hiddenSize: 6, direction: direction, using: &generator)
    }
    let both = make(.bidirectional(merge: merge))
    var forward = make(.forward)
    var reverse = make(.reverse)
    let weights = Dictionary(uniqueKeysWithValues: both.parameters.map { ($0.name, $0.value) })
    try forward.load(weights.filter { !$0.key.hasSuffix("_reverse") })
    try reverse.load(
      Dictionary(
        uniqueKeysWithValues: weights.filter { $0.key.hasSuffix("_reverse") }
          .map { (String($0.key.dropLast(8)), $0.value) }))
    let merged = valueAndGradient(of: [Self.input]) { x in
      let output = both(x[0]).output
      return (output * output).sum()
    }
    let byHand = valueAndGradient(of: [Self.input]) { x in
      let (a, b) = (forward(x[0]).output, reverse(x[0]).output)
      let output =
        switch merge {
        case .concatenate: concatenate([a, b], along: 2)
        case .sum: a + b
        case .mean: (a + b) * 0.5
        case .product: a * b
        }
      return (output * output).sum()
    }
    expectClose(merged.value.scalars, byHand.value.scalars, within: 1e-6, "loss")
    expectClose(merged.gradients[0].scalars, byHand.gradients[0].scalars, within: 1e-5, "d.input")
  }

  /// A loop of single steps computes the layer's numbers to the bit, and its gradients.
  @Test(arguments: LayerLawTests.cells.indices) func stepsAreALayer(_ index: Int) throws {
    let cell = LayerLawTests.cells[index].1
    var generator = Philox(seed: 9)
    let layer = Recurrent(cell, inputSize: 3, hiddenSize: 6, using: &generator)
    var step = RecurrentStep(cell, inputSize: 3, hiddenSize: 6, using: &generator)
    try step.load(
      Dictionary(
        uniqueKeysWithValues: layer.parameters.map { (String($0.name.dropLast(3)), $0.value) }))
    let (_, expected, layerGradients) = valueAndGradient(of: layer) { layer in
      let output = layer(Self.input).output
      return ((output * output).sum(), output)
    }
    let (_, found, stepGradients) = valueAndGradient(of: step) { step in
      var state = step.zeroState(batch: 4)
      var outputs: [Tensor] = []
      for time in 0..<5 {
        let output: Tensor
        (output, state) = step(Self.input.at(time), state)
        outputs.append(output)
      }
      let output = stack(outputs)
      return ((output * output).sum(), output)
    }
    #expect(found.scalars == expected.scalars)
    for name in stepGradients.names {
      expectClose(
        stepGradients[name]?.scalars ?? [], layerGradients[name + "_l0"]?.scalars ?? [],
        within: 1e-5, name)
    }
  }

  /// Dropout acts between layers only, samples from the generator alone, and is differentiated.
  @Test func dropoutActsBetweenLayers() {
    var generator = Philox(seed: 10)
    let layer = Recurrent(
      RNN(), inputSize: 3, hiddenSize: 8, layers: 3, dropout: 0.5, using: &generator)
    let start = layer.zeroState(batch: 4)
    func output(_ x: Tensor, seed: UInt64) -> Tensor {
      var generator = Philox(seed: seed)
      return layer(x, from: start, using: &generator).output
    }
    #expect(output(Self.input, seed: 1).scalars == output(Self.input, seed: 1).scalars)
    #expect(output(Self.input, seed: 1).scalars != output(Self.input, seed: 2).scalars)
    #expect(!output(Self.input, seed: 1).scalars.contains(0))
    let direction = Tensor(normal: Self.input.shape, using: &generator)
    let (_, gradients) = valueAndGradient(of: [Self.input]) { output($0[0], seed: 1).sum() }
    let slope = (gradients[0] * direction).sum().scalar
    let step: Float = 1e-2
    let difference =
      output(Self.input + direction * step, seed: 1).sum().scalar
      - output(Self.input - direction * step, seed: 1).sum().scalar
    // A central difference in float32 is good to three digits.
    #expect(abs(difference / (2 * step) - slope) <= 5e-3 * max(1, abs(slope)))
  }

  /// Threads share the work without changing a bit, forward and backward.
  @Test(arguments: LayerLawTests.cells.indices) func threadsDoNotChangeABit(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      var generator = Philox(seed: 11)
      let layer = Recurrent(
        LayerLawTests.cells[index].1, inputSize: 19, hiddenSize: 33, layers: 2,
        direction: .bidirectional(merge: .concatenate), using: &generator)
      let x = Tensor(normal: [9, 21, 19], using: &generator)
      func run(threads: Int) -> [[Float]] {
        ThreadTeam.count = threads
        let (value, output, gradients) = valueAndGradient(of: layer) { layer in
          let output = layer(x).output
          return ((output * output).sum(), output)
        }
        return [value.scalars, output.scalars] + gradients.values.map(\.scalars)
      }
      let one = run(threads: 1)
      for threads in 2...4 { #expect(run(threads: threads) == one, "\(threads) threads") }
    }
  }

  /// Weights that were packed for one call are packed again after they change.
  @Test func packedWeightsFollowTheParameters() {
    var generator = Philox(seed: 12)
    var step = RecurrentStep(LSTM(), inputSize: 3, hiddenSize: 5, using: &generator)
    let x = Tensor(normal: [2, 3], using: &generator)
    let before = step(x, step.zeroState(batch: 2)).output
    let copy = step
    step.updateParameters { _, parameter in parameter *= 2 }
    let after = step(x, step.zeroState(batch: 2)).output
    #expect(after.scalars != before.scalars)
    #expect(copy(x, copy.zeroState(batch: 2)).output.scalars == before.scalars)
    step.updateParameters { _, parameter in parameter *= 0.5 }
    #expect(step(x, step.zeroState(batch: 2)).output.scalars == before.scalars)
  }
}
