import Cells
import Foundation
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

  @Test func anotherPrecisionPacksAnew() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      let tests = PackedOnceTests()
      let layer = tests.layer
      let first = try #require(tests.step(layer))
      let second = try #require(tests.step(layer, .high))
      #expect(second !== first)
    }
  }

  /// A step works in the memory of the step before it, whatever that was.
  @Test func stepsOfManySizesAreThoseOfAFreshLayer() throws {
    var generator = Philox(seed: 6)
    for cell in [LSTM() as any RecurrentCell, GRU(), LEM()] {
      var step = RecurrentStep(cell, inputSize: 3, hiddenSize: 5, using: &generator)
      for (index, batch) in [2, 2, 3, 1, 2].enumerated() {
        let x = Tensor(normal: [batch, 3], using: &generator)
        var fresh = RecurrentStep(cell, inputSize: 3, hiddenSize: 5, using: &generator)
        try fresh.load(
          Dictionary(uniqueKeysWithValues: step.parameters.map { ($0.name, $0.value) }))
        #expect(outcome(step, x) == outcome(fresh, x), "\(cell), batch \(batch)")
        if index == 2 { step.updateParameters { _, parameter in parameter = parameter * 2 } }
      }
    }
  }

  @Test func stepsAtTheSameTimeDoNotMeet() {
    var generator = Philox(seed: 7)
    let step = RecurrentStep(LSTM(), inputSize: 3, hiddenSize: 5, using: &generator)
    let inputs = (0..<8).map { _ in Tensor(normal: [2, 3], using: &generator) }
    let expected = inputs.map { outcome(step, $0) }
    DispatchQueue.concurrentPerform(iterations: 400) { index in
      let number = index % inputs.count
      #expect(outcome(step, inputs[number]) == expected[number])
    }
  }

  /// What two steps give, and the gradients of their sum.
  private func outcome(_ step: RecurrentStep, _ x: Tensor) -> [[Float]] {
    func run(_ step: RecurrentStep) -> [Tensor] {
      var state = step.zeroState(batch: x.shape[0])
      var outputs: [Tensor] = []
      for _ in 0..<2 {
        let output: Tensor
        (output, state) = step(x, state)
        outputs.append(output)
      }
      return outputs
    }
    let (loss, gradients) = valueAndGradient(of: step) { step in
      run(step).reduce(Tensor(0)) { $0 + ($1 * $1).sum() }
    }
    return (run(step) + [loss] + gradients.values).map(\.scalars)
  }
}
