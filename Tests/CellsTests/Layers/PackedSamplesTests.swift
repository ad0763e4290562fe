import TensorCore
import Testing

@testable import Cells

/// Batches of different lengths are run as packed batches; nothing shows it but time and memory.
@Suite struct PackedSamplesTests {
  private static let layouts: [Recurrent.Layout] = [.timeFirst, .batchFirst]
  private static let lengths = [2, 9, 0, 1, 9, 8, 2, 1, 3]
  private static let resets = [[1], [3, 8], [], [0], [], [2], [], [], [2]]

  private static func layer(_ layout: Recurrent.Layout) -> Recurrent {
    var generator = Philox(seed: 5)
    return Recurrent(
      LSTM(), inputSize: 4, hiddenSize: 6, layers: 2,
      direction: .bidirectional(merge: .concatenate), layout: layout, using: &generator)
  }

  /// A batch, with a number in the padding.
  private static func input(_ layout: Recurrent.Layout, padding: Float) -> Tensor {
    var generator = Philox(seed: 6)
    let x = Tensor(normal: [9, 9, 4], using: &generator)
    for (sample, length) in lengths.enumerated() {
      for step in length..<9 {
        let row = layout == .timeFirst ? step * 9 + sample : sample * 9 + step
        x.storage.fill(row * 4..<row * 4 + 4, with: padding)
      }
    }
    return x
  }

  /// Samples run one by one give the same outputs and states to the bit, and the same gradients but for rounding.
  @Test(arguments: layouts) func samplesAreIndependent(_ layout: Recurrent.Layout) {
    let layer = Self.layer(layout)
    let x = Self.input(layout, padding: 0)
    let (axis, time) = layout == .timeFirst ? (1, 0) : (0, 1)
    func loss(_ output: Tensor, _ state: RecurrentState) -> Tensor {
      (output * output).sum() + (state.hidden * state["cell"]).sum()
    }
    let whole = valueAndGradient(of: layer, at: [x]) { layer, x in
      let (output, state) = layer(x[0], lengths: Self.lengths, resets: Self.resets)
      return loss(output, state)
    }
    let (output, state) = layer(x, lengths: Self.lengths, resets: Self.resets)
    var parameters: [Tensor]?
    for (sample, length) in Self.lengths.enumerated() {
      let own = output.slice(sample..<sample + 1, along: axis)
      #expect(own.slice(length..<9, along: time).scalars.allSatisfy { $0 == 0 })
      if length == 0 { continue }
      let one = x.slice(sample..<sample + 1, along: axis).slice(0..<length, along: time)
      let (expected, final) = layer(one, resets: [Self.resets[sample]])
      #expect(own.slice(0..<length, along: time).scalars == expected.scalars)
      for (found, expected) in zip(state.tensors, final.tensors) {
        #expect(found.slice(sample..<sample + 1, along: 1).scalars == expected.scalars)
      }
      let alone = valueAndGradient(of: layer, at: [one]) { layer, x in
        let (output, state) = layer(x[0], resets: [Self.resets[sample]])
        return loss(output, state)
      }
      let inputs = whole.inputGradients[0].slice(sample..<sample + 1, along: axis)
      #expect(
        inputs.slice(0..<length, along: time).scalars == alone.inputGradients[0].scalars)
      let gradients = alone.gradients.values
      parameters = parameters.map { zip($0, gradients).map { $0 + $1 } } ?? gradients
    }
    for (found, expected) in zip(whole.gradients.values, parameters ?? []) {
      expectClose(found.scalars, expected.scalars, within: 1e-5, "gradient")
    }
  }

  /// What stands in the padding, of the input and of the cotangents, is not read.
  @Test(arguments: layouts) func paddingIsNotRead(_ layout: Recurrent.Layout) {
    let layer = Self.layer(layout)
    func gradients(padding: Float) -> [[Float]] {
      let weights = Self.input(layout, padding: padding).slice(0..<1, along: 2)
      let result = valueAndGradient(
        of: layer, at: [Self.input(layout, padding: padding)]
      ) { layer, x in
        (layer(x[0], lengths: Self.lengths).output * weights).sum()
      }
      return (result.gradients.values + result.inputGradients).map(\.scalars)
    }
    #expect(gradients(padding: .nan) == gradients(padding: 0))
  }

  /// Activations are kept for the steps that count alone.
  @Test func paddingTakesNoMemory() {
    let steps = 40
    let lengths = (0..<16).map { 1 + $0 * 7 % steps }
    for direction in [Recurrent.Direction.forward, .bidirectional(merge: .concatenate)] {
      var generator = Philox(seed: 3)
      let layer = Recurrent(
        LSTM(), inputSize: 8, hiddenSize: 16, direction: direction, using: &generator)
      let x = Tensor(normal: [steps, 16, 8], using: &generator)
      func bytes(_ lengths: [Int]?) -> Int {
        RecurrentPass(
          layer, x, layer.zeroState(batch: 16).tensors,
          StepMarks(lengths: lengths, steps: steps, batch: 16), .learning
        ).trailByteCount
      }
      let share = Double(lengths.reduce(0, +)) / Double(16 * steps)
      // The states that samples start from are kept once.
      let starts = Double(2 * layer.direction.count * 16 * 16 * 4)
      #expect(Double(bytes(lengths)) <= share * Double(bytes(nil)) + starts)
    }
  }
}
