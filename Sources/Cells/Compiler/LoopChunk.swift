import TensorCore

/// A thread's way through a loop's parts, one chunk of steps of a sample after the other.
final class LoopChunk {
  /// The memory of a chunk of steps, of one thread or of those that share a sample.
  final class Memory: Sendable {
    /// For each buffer of ``LoopParts/rows``.
    fileprivate let rows: [Storage]
    /// The states that the pass keeps for two steps only: their values before each step and after the last.
    fileprivate let states: [(buffer: Int, memory: Storage)]

    /// - Parameter held: the states for which the areas of a chunk have no row for each step.
    init(_ parts: LoopParts, _ pass: PlanMemory, holding held: [Int]) {
      let steps = min(LoopParts.chunk, pass.steps)
      rows = parts.rows.map { Storage(count: steps * pass.width(ofBuffer: $0)) }
      states = held.map { ($0, Storage(count: (steps + 1) * pass.width(ofBuffer: $0))) }
    }
  }

  /// The areas of the parts: a pass's own, except for what has memory here.
  let areas: AreaTable
  private let parts: LoopParts
  private let pass: PlanMemory
  private let memory: Memory
  private var share: SampleShare

  /// - Parameter areas: a thread's own table, in which areas are set.
  init(
    _ parts: LoopParts, _ pass: PlanMemory, _ areas: AreaTable, _ memory: Memory,
    _ share: SampleShare
  ) {
    (self.parts, self.pass, self.areas) = (parts, pass, areas)
    (self.memory, self.share) = (memory, share)
    // All heads of a thread work in the memory of its first.
    for part in parts.parts {
      guard let heads = part.heads, !part.isOrdered else { continue }
      let first = share.share(of: 0..<heads).lowerBound
      for area in part.scratch where first < heads {
        areas.set(area, areas[area].units(from: first * (pass.width(ofBuffer: area) / heads)))
      }
    }
  }

  /// Runs a sample through some steps, numbered in the order in which they follow each other.
  func run(_ indices: Range<Int>, sample: Int, _ weights: PackedWeights) {
    let count = pass.steps(ofSample: sample)
    for first in stride(from: indices.lowerBound, to: indices.upperBound, by: LoopParts.chunk) {
      let chunk = first..<min(first + LoopParts.chunk, indices.upperBound)
      let times = pass.isReversed ? count - chunk.upperBound..<count - chunk.lowerBound : chunk
      bind(times, sample: sample)
      for (part, isMeeting) in zip(parts.parts, parts.meetings) {
        if isMeeting { share.meet() }
        run(part, times, sample: sample, weights)
      }
      share.meet()
      if share.isFirst { storeStates(times, sample: sample) }
    }
  }

  private func run(
    _ part: LoopParts.Part, _ times: Range<Int>, sample: Int, _ weights: PackedWeights
  ) {
    let stride = pass.isReversed ? -1 : 1
    if part.isOrdered, !share.isFirst { return }
    if let heads = part.heads {
      return part.steps.run(
        heads: part.isOrdered ? 0..<heads : share.share(of: 0..<heads), areas,
        StepBlock(step: first(times), row: sample, rows: 1), times: times.count, stride: stride)
    }
    let times = part.isCarried ? times : share.share(of: times)
    if times.isEmpty { return }
    // The rows of packed samples are not one stride apart.
    let isSeparate =
      pass.rows != nil || part.list[0].places.contains { areas.hasOther($0, times) }
    if !part.isCarried, !isSeparate {
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
    for (buffer, memory) in zip(parts.rows, memory.rows) {
      areas.set(buffer, rows(memory, ofBuffer: buffer))
    }
    for (buffer, memory) in memory.states {
      var area = rows(memory, ofBuffer: buffer)
      (area.previousShift, area.nextShift) = pass.isReversed ? (1, 0) : (0, 1)
      areas.set(buffer, area)
      guard share.isFirst else { continue }
      let step = first(times)
      copyRow(
        pass.areas[buffer].row(.previous, step: step, sample: sample),
        count: pass.width(ofBuffer: buffer), into: area.row(.previous, step: step))
    }
  }

  /// Stores the states after the last step of a chunk where the pass has them.
  private func storeStates(_ times: Range<Int>, sample: Int) {
    let step = last(times)
    for (buffer, _) in memory.states {
      copyRow(
        areas[buffer].row(.next, step: step), count: pass.width(ofBuffer: buffer),
        into: pass.areas[buffer].row(.next, step: step, sample: sample))
    }
  }
}
