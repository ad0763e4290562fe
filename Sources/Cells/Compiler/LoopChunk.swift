import TensorCore

/// One thread's memory for a chunk of steps of one sample, through which a loop's parts go one after the other.
final class LoopChunk {
  /// The areas of the parts: a pass's own, except for what has memory here.
  let areas: AreaTable
  private let parts: LoopParts
  private let pass: PlanMemory
  private let steps: Int
  /// For each buffer of ``LoopParts/rows``.
  private let rows: [Storage]
  /// The states that the pass keeps for two steps only: their values before each step and after the last.
  private let states: [(buffer: Int, memory: Storage)]

  /// - Parameters:
  ///   - areas: a thread's own table, in which areas are set.
  ///   - held: the states for which `areas` has no row for each step.
  init(_ parts: LoopParts, _ pass: PlanMemory, _ areas: AreaTable, holding held: [Int]) {
    (self.parts, self.pass, self.areas) = (parts, pass, areas)
    steps = min(LoopParts.chunk, pass.steps)
    rows = parts.rows.map { [steps = self.steps] in
      Storage(count: steps * pass.width(ofBuffer: $0))
    }
    states = held.map { [steps = self.steps] in
      ($0, Storage(count: (steps + 1) * pass.width(ofBuffer: $0)))
    }
  }

  /// Runs a sample through some steps, numbered in the order in which they follow each other.
  func run(_ indices: Range<Int>, sample: Int, _ weights: PackedWeights) {
    let count = pass.steps(ofSample: sample)
    for first in stride(from: indices.lowerBound, to: indices.upperBound, by: steps) {
      let chunk = first..<min(first + steps, indices.upperBound)
      let times = pass.isReversed ? count - chunk.upperBound..<count - chunk.lowerBound : chunk
      bind(times, sample: sample)
      for part in parts.parts { run(part, times, sample: sample, weights) }
      storeStates(times, sample: sample)
    }
  }

  private func run(
    _ part: LoopParts.Part, _ times: Range<Int>, sample: Int, _ weights: PackedWeights
  ) {
    // The rows of packed samples are not one stride apart.
    let isSeparate =
      pass.rows != nil || part.list[0].places.contains { areas.hasOther($0, times) }
    let stride = pass.isReversed ? -1 : 1
    if let heads = part.heads {
      part.steps.run(
        heads: heads, areas, StepBlock(step: first(times), row: sample, rows: 1),
        times: times.count, stride: stride)
    } else if !part.isCarried, !isSeparate {
      part.steps.run(
        areas, weights,
        StepBlock(step: times.lowerBound, row: sample, rows: times.count, alongTime: true))
    } else {
      part.steps.run(
        areas, weights, StepBlock(step: first(times), row: sample, rows: 1), times: times.count,
        stride: stride)
    }
  }

  private func first(_ times: Range<Int>) -> Int {
    pass.isReversed ? times.upperBound - 1 : times.lowerBound
  }

  private func last(_ times: Range<Int>) -> Int {
    pass.isReversed ? times.lowerBound : times.upperBound - 1
  }

  /// Sets the areas of a chunk, and the states before its first step.
  private func bind(_ times: Range<Int>, sample: Int) {
    func rows(_ memory: Storage, ofBuffer buffer: Int) -> Area {
      let width = pass.width(ofBuffer: buffer)
      return Area(
        Floats(memory) + -times.lowerBound * width, timeStride: width, rowStride: 0)
    }
    for (buffer, memory) in zip(parts.rows, self.rows) {
      areas.set(buffer, rows(memory, ofBuffer: buffer))
    }
    for (buffer, memory) in states {
      var area = rows(memory, ofBuffer: buffer)
      (area.previousShift, area.nextShift) = pass.isReversed ? (1, 0) : (0, 1)
      areas.set(buffer, area)
      let step = first(times)
      copyRow(
        pass.areas[buffer].row(.previous, step: step, sample: sample),
        count: pass.width(ofBuffer: buffer), into: area.row(.previous, step: step))
    }
  }

  /// Stores the states after the last step of a chunk where the pass has them.
  private func storeStates(_ times: Range<Int>, sample: Int) {
    let step = last(times)
    for (buffer, _) in states {
      copyRow(
        areas[buffer].row(.next, step: step), count: pass.width(ofBuffer: buffer),
        into: pass.areas[buffer].row(.next, step: step, sample: sample))
    }
  }
}
