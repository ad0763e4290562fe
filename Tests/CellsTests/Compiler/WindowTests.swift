import TensorCore
import Testing

@testable import Cells

/// A pass takes windows of steps through everything, one after the other, where the signals of all steps together would not
/// stay in a cache: to the same bits.
@Suite struct WindowTests {
  private static let (steps, batch, units) = (200, 8, 64)

  /// The input is of a normal distribution.
  private func layer(
    _ cell: String, _ direction: Recurrent.Direction = .forward
  ) throws -> (layer: Recurrent, x: Tensor) {
    var generator = Philox(seed: 5)
    let layer = Recurrent(
      try CellRegistry.standard.cell(named: cell), inputSize: Self.units, hiddenSize: Self.units,
      direction: direction, layout: .batchFirst, using: &generator)
    return (layer, Tensor(normal: [Self.batch, Self.steps, Self.units], using: &generator))
  }

  /// The parts of a checkpointed sequence are too short for windows.
  @Test(arguments: ["lstm", "gru", "mgu", "sru", "lru", "lstm-peephole"])
  func windowsGiveTheBitsOfSegments(_ cell: String) throws {
    let (layer, x) = try layer(cell)
    let segment = 32
    let plan = Plan(layer.learningCell(ofLayer: 0), learns: true)
    let backward = try #require(plan.backwardSchedule).schedule
    #expect(Self.windows(backward, steps: Self.steps) > 1)
    #expect(Self.windows(backward, steps: segment) == 0)
    func gradients(_ engine: GradientEngine) throws -> [[UInt32]] {
      let (_, gradients) = try valueAndGradient(of: layer) { layer in
        let memory = try RecurrentMemory(of: layer, engine: engine, batch: Self.batch)
        let output = layer(x, with: memory)
        return (output * output).sum()
      }
      return gradients.values.map { $0.scalars.map(\.bitPattern) }
    }
    #expect(try gradients(.bptt) == gradients(.checkpointed(every: segment)))
  }

  private static func windows(_ schedule: RunnableSchedule, steps: Int) -> Int {
    PlanSplit(
      schedule,
      PlanArguments(
        batch: batch, steps: steps, isReversed: true, parameters: PlanParameters([]))
    ).windows?.steps.count ?? 0
  }

  /// A sample alone has no windows.
  @Test(arguments: [Recurrent.Direction.forward, .bidirectional(merge: .concatenate)])
  func samplesOfDifferentLengthsGoInWindows(_ direction: Recurrent.Direction) throws {
    let (layer, x) = try layer("lstm", direction)
    let lengths = (0..<Self.batch).map { Self.steps - 11 * $0 }
    func loss(_ layer: Recurrent, _ x: Tensor, _ lengths: [Int]) -> Tensor {
      let output = layer(x, lengths: lengths).output
      return (output * output).sum()
    }
    let output = layer(x, lengths: lengths).output
    let (_, whole) = valueAndGradient(of: layer) { loss($0, x, lengths) }
    var sums = whole.values.map { [Double](repeating: 0, count: $0.count) }
    for (sample, length) in lengths.enumerated() {
      let alone = x.slice(sample..<sample + 1, along: 0).slice(0..<length, along: 1)
      let expected = layer(alone).output
      let found = output.slice(sample..<sample + 1, along: 0).slice(0..<length, along: 1)
      #expect(found.scalars == expected.scalars, "sample \(sample)")
      let (_, gradients) = valueAndGradient(of: layer) { loss($0, alone, [length]) }
      for (index, gradient) in gradients.values.enumerated() {
        for (unit, value) in gradient.scalars.enumerated() { sums[index][unit] += Double(value) }
      }
    }
    for (found, expected) in zip(whole.values, sums) {
      expectClose(found.scalars, expected.map { Float($0) }, within: 1e-4, "\(found.shape)")
    }
  }
}
