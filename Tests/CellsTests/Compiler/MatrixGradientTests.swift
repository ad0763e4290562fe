import TensorCore
import Testing

@testable import Cells

/// Recurrences of matrices whose steps are taken several at a time, as products.
@Suite struct MatrixGradientTests {
  /// Cells whose matrix is added to by what does not depend on it, or by the delta rule.
  private static let linear: [any RecurrentCell] = [
    LinearAttention(heads: 2), RetNet(heads: 2), GLA(heads: 2, rank: 3), GLA(heads: 1, rank: 3),
    HGRN2(heads: 2), RWKV6(heads: 2), MLSTM(heads: 2), MLSTMLarge(heads: 2),
    SSD(inner: 128, heads: 2), DeltaNet(heads: 2), GatedDeltaNet(heads: 2), KDA(heads: 2),
    RWKV7(heads: 2, rank: 3),
  ]
  /// Of these the backward pass takes single steps.
  private static let forwardOnly: [any RecurrentCell] = [MLSTMBlock(heads: 2)]
  /// Those whose units have decays of their own.
  private static let others: [any RecurrentCell] = [
    S6(inner: 128), LSTM(), GRU(),
  ]

  private func hasRecurrence(_ schedule: RunnableSchedule) -> Bool {
    schedule.loops.contains { $0.parts?.parts.contains { $0.recurrence != nil } ?? false }
  }

  @Test(arguments: linear.indices) func recurrencesAreFound(_ index: Int) {
    for size in [64, 256] {
      let graph = CellGraph(Self.linear[index], inputSize: 8, hiddenSize: size)
      #expect(hasRecurrence(Plan(graph, learns: false).forwardSchedule))
      #expect(Plan(graph, learns: true).recomputation?.gradient != nil, "\(Self.linear[index])")
    }
  }

  @Test(arguments: forwardOnly.indices) func recurrencesAreFoundForward(_ index: Int) {
    let graph = CellGraph(Self.forwardOnly[index], inputSize: 8, hiddenSize: 64)
    #expect(hasRecurrence(Plan(graph, learns: false).forwardSchedule))
    #expect(Plan(graph, learns: true).recomputation?.gradient == nil)
  }

  @Test(arguments: others.indices) func otherCellsHaveNone(_ index: Int) {
    let graph = CellGraph(Self.others[index], inputSize: 8, hiddenSize: 64)
    let plan = Plan(graph, learns: true)
    #expect(!hasRecurrence(plan.forwardSchedule))
    #expect(plan.recomputation?.gradient == nil)
  }

  /// The results of a pass and of its pullback, where all matrices are kept or none between chunks.
  private func results(
    of layer: Recurrent, steps: Int, lengths: [Int]? = nil, keeping: StateKeeping
  ) -> [[Float]] {
    var generator = Philox(seed: 2)
    let batch = 3
    let x = Tensor(normal: [steps, batch, layer.inputSize], using: &generator)
    let start = layer.zeroState(batch: batch).tensors.map {
      Tensor(normal: $0.shape, using: &generator)
    }
    let pass = RecurrentPass(
      layer, x, start, StepMarks(lengths: lengths, resets: nil, steps: steps, batch: batch),
      .learning, keeping: keeping)
    let cotangents = ([pass.output] + pass.finalStates).map {
      Tensor(normal: $0.shape, using: &generator)
    }
    return
      ([pass.output] + pass.finalStates + pass.pullBack(cotangents, .computed).compactMap { $0 })
      .map(\.scalars)
  }

  /// Of 400 steps, twenty are computed again at a time, as a chunk of sixteen and one of four.
  @Test(arguments: (linear + forwardOnly).indices) func productsGiveWhatStepsGive(_ index: Int) {
    let cell = (Self.linear + Self.forwardOnly)[index]
    for (direction, steps, lengths) in [
      (Recurrent.Direction.forward, 40, nil), (.reverse, 37, nil), (.forward, 21, [21, 4, 0]),
      (.forward, 400, nil),
    ] as [(Recurrent.Direction, Int, [Int]?)] {
      var generator = Philox(seed: 1)
      let layer = Recurrent(
        cell, inputSize: 8, hiddenSize: 48, direction: direction, using: &generator)
      let products = results(of: layer, steps: steps, lengths: lengths, keeping: .spaced)
      let single = results(of: layer, steps: steps, lengths: lengths, keeping: .everyStep)
      for (number, (found, expected)) in zip(products, single).enumerated() {
        expectClose(
          // What is added up over many steps is rounded more often.
          found, expected, within: steps > 100 ? 3e-5 : 2e-5, floor: 1,
          "\(cell), \(direction), \(steps) steps: result \(number)")
      }
    }
  }

  /// Where decays are too small for products, as they are here in some chunks and heads, steps are taken one by one.
  @Test(arguments: [0, -30, -200, -640, -3000]) func strongDecaysLoseNothing(_ bias: Float) {
    var generator = Philox(seed: 1)
    var layer = Recurrent(
      GLA(heads: 2, rank: 3), inputSize: 8, hiddenSize: 64, using: &generator)
    // exp(bias / 16) about: from 1 to e^-40, and 0.
    let biases = (0..<64).map { $0 % 3 == 0 ? bias : 0 }
    layer.updateParameters { name, parameter in
      if name == "gk_proj.1.bias_l0" { parameter = Tensor(biases) }
    }
    let products = results(of: layer, steps: 50, keeping: .spaced)
    let single = results(of: layer, steps: 50, keeping: .everyStep)
    for (result, (found, expected)) in zip(products, single).enumerated() {
      expectClose(found, expected, within: 1e-5, floor: 1, "bias \(bias): result \(result)")
    }
  }

  /// An infinity or NaN is in its own step's output and later ones', not in those of the chunk's steps before it.
  @Test(arguments: linear.indices) func laterInfinitiesAreNotSeenBefore(_ index: Int) {
    var generator = Philox(seed: 1)
    let layer = Recurrent(Self.linear[index], inputSize: 8, hiddenSize: 48, using: &generator)
    let x = Tensor(normal: [12, 1, 8], using: &generator)
    let expected = layer(x).output.scalars
    for value in [Float.nan, .infinity] {
      var scalars = x.scalars
      scalars[9 * 8 + 3] = value
      let found = layer(Tensor(scalars, shape: x.shape)).output.scalars
      let width = expected.count / 12
      expectClose(
        Array(found[..<(9 * width)]), Array(expected[..<(9 * width)]), within: 1e-5, floor: 1,
        "\(Self.linear[index])")
      #expect(found[(9 * width)...].contains { !$0.isFinite }, "\(Self.linear[index])")
    }
  }
}
