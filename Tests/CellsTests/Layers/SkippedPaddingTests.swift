import TensorCore
import Testing

@testable import Cells

/// Passes that skip padding give what passes give that compute it with the states held: outputs and states to the bit,
/// gradients but for rounding.
@Suite struct SkippedPaddingTests {
  private static let (steps, lengths) = (7, [3, 0, 7, 1, 3, 6])
  private static let resets = [[1], [3], [0, 4], [], [2], [5, 6]]
  /// Sums over the steps that count have another order, and so have those with a held state's cotangent;
  /// terms of about 1 may cancel each other.
  private static let tolerance: Float = 1e-5

  /// A layer in one direction, alone and with everything around it.
  private func layer(
    _ name: String, _ direction: Recurrent.Direction, isWrapped: Bool
  ) throws -> Recurrent {
    let cell = try CellRegistry.standard.cell(named: name)
    let size = try #require(cell.suitableHiddenSize(from: 4, inputSize: 3))
    var options = Recurrent.Options()
    if isWrapped {
      (options.connection, options.learnsInitialState) = (.highway, true)
      (options.inputDropout, options.outputDropout) = (0.25, 0.25)
      let states = CellGraph(cell, inputSize: 3, hiddenSize: size).states
      options.zoneout = [states[0].name: 0.5]
    }
    var generator = Philox(seed: 7)
    return Recurrent(
      cell, inputSize: 3, hiddenSize: size, layers: isWrapped ? 2 : 1, direction: direction,
      dropout: isWrapped ? 0.25 : 0, layout: isWrapped ? .batchFirst : .timeFirst,
      options: options, using: &generator)
  }

  /// The output and the states, and all gradients.
  private func results(
    _ layer: Recurrent, _ padding: PaddedSteps
  ) -> (values: [Tensor], gradients: [Tensor]) {
    let batch = Self.lengths.count
    var generator = Philox(seed: 8)
    let shape = layer.layout == .timeFirst ? [Self.steps, batch] : [batch, Self.steps]
    let x = Tensor(normal: shape + [3], using: &generator)
    let start = layer.zeroState(batch: batch).tensors.map {
      Tensor(normal: $0.shape, using: &generator)
    }
    let masks = RandomMasks(for: layer, steps: Self.steps, batch: batch, using: &generator)
    let pass = RecurrentPass(
      layer, x, start,
      StepMarks(lengths: Self.lengths, resets: Self.resets, steps: Self.steps, batch: batch),
      masks: masks, .learning, padding: padding)
    let values = [pass.output] + pass.finalStates
    let gradients = pass.pullBack(
      values.map { Tensor(normal: $0.shape, using: &generator) }, .computed)
    return (values, gradients.compactMap { $0 })
  }

  private static let directions: [Recurrent.Direction] = [
    .forward, .reverse, .bidirectional(merge: .concatenate), .bidirectional(merge: .mean),
  ]

  /// Every cell in every direction; alone and wrapped in turns, unless the whole product is asked for.
  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func skippingGivesWhatMaskingGives(_ name: String) throws {
    let place = CellRegistry.standard.entries.firstIndex { $0.name == name } ?? 0
    for (index, direction) in Self.directions.enumerated() {
      let turn = (place + index) % 2 == 0
      for isWrapped in [false, true] where RandomCell.isDeep || isWrapped == turn {
        let layer = try layer(name, direction, isWrapped: isWrapped)
        let (expected, wanted) = results(layer, .masked)
        let (values, gradients) = results(layer, .skipped(.packed))
        let setting = "\(direction), wrapped: \(isWrapped)"
        for (index, (expected, value)) in zip(expected, values).enumerated() {
          #expect(
            value.shape == expected.shape && value.scalars == expected.scalars,
            "value \(index), \(setting)")
        }
        #expect(wanted.count == gradients.count)
        for (index, (wanted, found)) in zip(wanted, gradients).enumerated() {
          expectClose(
            found.scalars, wanted.scalars, within: Self.tolerance, floor: 0.1,
            "gradient \(index), \(setting)")
        }
      }
    }
  }

  /// A batch whose samples have no steps at all has zeros for results, and passes its states on.
  @Test func samplesWithoutStepsAreLeftOut() {
    var generator = Philox(seed: 9)
    let layer = Recurrent(GRU(), inputSize: 3, hiddenSize: 4, using: &generator)
    let x = Tensor(normal: [5, 2, 3], using: &generator)
    let start = Tensor(normal: [1, 2, 4], using: &generator)
    let result = valueAndGradient(of: layer, at: [x, start]) { layer, inputs in
      let (output, state) = layer(
        inputs[0], from: RecurrentState(names: ["hidden"], tensors: [inputs[1]]), lengths: [0, 0])
      return output.sum() + state.hidden.sum()
    }
    #expect(result.inputGradients[0].scalars.allSatisfy { $0 == 0 })
    #expect(result.inputGradients[1].scalars.allSatisfy { $0 == 1 })
    for gradient in result.gradients.values { #expect(gradient.scalars.allSatisfy { $0 == 0 }) }
  }
}
