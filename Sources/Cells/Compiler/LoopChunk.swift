import TensorCore

/// A thread's way through a loop's parts, one chunk of steps of a sample after the other.
final class LoopChunk {
  /// The memory of a chunk of steps, of one thread or of those that share a sample.
  final class Memory: Sendable {
    /// For each buffer of ``LoopParts/rows``.
    fileprivate let rows: [Storage]
    /// The states that the pass keeps for two steps only: their values before each step and after the last.
    fileprivate let states: [(buffer: Int, memory: Storage)]

    /// - Parameters:
    ///   - held: the states for which the areas of a chunk have no row for each step.
    ///   - steps: the steps that have rows at the same time.
    init(
      _ parts: LoopParts, _ pass: PlanMemory, holding held: [Int], steps: Int = LoopParts.chunk
    ) {
      let steps = min(steps, pass.steps)
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
  private let role: Role

  /// What the loop is to a gradient that goes through chunks as products.
  enum Role {
    case none
    /// The loop computes states again, for the gradient.
    case computing(MatrixGradient.Chunks)
    /// It is the backward loop.
    case reading(MatrixGradient.Chunks)
  }

  /// - Parameter areas: a thread's own table, in which areas are set.
  init(
    _ parts: LoopParts, _ pass: PlanMemory, _ areas: AreaTable, _ memory: Memory,
    _ share: SampleShare, _ role: Role = .none
  ) {
    (self.parts, self.pass, self.areas) = (parts, pass, areas)
    (self.memory, self.share, self.role) = (memory, share, role)
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
    func times(_ indices: Range<Int>) -> Range<Int> {
      pass.isReversed ? count - indices.upperBound..<count - indices.lowerBound : indices
    }
    var origin: Int?
    if case .computing(let chunks) = role {
      chunks.inProducts = []
      // The gradient reads what leads to the states of all chunks.
      origin = times(indices).lowerBound
    }
    for chunk in chunks(of: indices) {
      let times = times(chunk)
      bind(times, from: origin ?? times.lowerBound, sample: sample)
      let isLast = chunk.upperBound == indices.upperBound
      let isInProducts =
        if case .reading(let chunks) = role { chunks.inProducts.removeLast() } else { false }
      for (number, isMeeting) in parts.meetings.enumerated() {
        if isMeeting { share.meet() }
        switch role {
        case .reading(let chunks) where isInProducts && chunks.gradient.takesOver(number):
          run(chunks, number, times, sample: sample)
        case .computing(let chunks) where number == chunks.gradient.forwardPart:
          if !compute(chunks, times, sample: sample, isLast: isLast) {
            run(parts.parts[number], times, sample: sample, weights)
          }
        default: run(parts.parts[number], times, sample: sample, weights)
        }
      }
      share.meet()
      if share.isFirst { storeStates(times, sample: sample) }
    }
  }

  /// Some steps in chunks. Those of the backward loop end where the chunks end in which states are computed again.
  private func chunks(of indices: Range<Int>) -> [Range<Int>] {
    var ends = Array(
      stride(from: indices.lowerBound, to: indices.upperBound, by: LoopParts.chunk))
    if case .reading = role {
      ends = stride(from: indices.upperBound, to: indices.lowerBound, by: -LoopParts.chunk)
        .reversed()
      ends.insert(indices.lowerBound, at: 0)
    } else {
      ends.append(indices.upperBound)
    }
    return zip(ends, ends.dropFirst()).map { $0..<$1 }
  }

  private func run(
    _ part: LoopParts.Part, _ times: Range<Int>, sample: Int, _ weights: PackedWeights
  ) {
    if let recurrence = part.recurrence, goesInProducts(recurrence, times, sample: sample) {
      return run(part, by: recurrence, times, sample: sample)
    }
    if part.isOrdered, !share.isFirst { return }
    if let heads = part.heads {
      return part.steps.run(
        heads: part.isOrdered ? 0..<heads : share.share(of: 0..<heads), areas,
        start(times, sample: sample), times: times.count, stride: direction)
    }
    let times = part.isCarried ? times : share.share(of: times)
    if times.isEmpty { return }
    // The rows of packed samples are not one stride apart.
    let isSeparate =
      pass.rows != nil || part.places.contains { areas.hasOther($0, times) }
    if !part.isCarried, !isSeparate {
      part.steps.run(
        areas, weights,
        StepBlock(step: times.lowerBound, row: sample, rows: times.count, alongTime: true))
    } else {
      part.steps.run(
        areas, weights, start(times, sample: sample), times: times.count, stride: direction)
    }
  }

  /// Runs a part in products and, where an infinity came up, step by step.
  private func run(
    _ part: LoopParts.Part, by recurrence: MatrixRecurrence, _ times: Range<Int>, sample: Int
  ) {
    let start = start(times, sample: sample)
    let failed = recurrence.run(
      heads: share.share(of: 0..<recurrence.heads), areas, isStrict: true, start,
      times: times.count, stride: direction)
    guard let heads = part.heads, !failed.isEmpty else { return }
    // A single matrix may have blocks of rows for heads.
    for head in heads == recurrence.heads ? failed : Array(0..<heads) {
      part.steps.run(
        heads: head..<head + 1, areas, start, times: times.count, stride: direction)
    }
  }

  /// Whether a chunk of a recurrence goes in products: nobody needs the matrices in between, and their decays are mild.
  private func goesInProducts(
    _ recurrence: MatrixRecurrence, _ times: Range<Int>, sample: Int
  ) -> Bool {
    recurrence.isWhole && areas[recurrence.before.place.area].stepMask != -1
      && isMild(recurrence, times, sample: sample)
  }

  private func isMild(
    _ recurrence: MatrixRecurrence, _ times: Range<Int>, sample: Int
  ) -> Bool {
    times.count >= MatrixRecurrence.leastSteps
      && recurrence.isMild(
        areas, start(times, sample: sample), times: times.count, stride: direction)
  }

  /// Takes matrices that a gradient does without to the end of a chunk, if another chunk follows that starts there; false
  /// if its steps are to be run.
  private func compute(
    _ chunks: MatrixGradient.Chunks, _ times: Range<Int>, sample: Int, isLast: Bool
  ) -> Bool {
    let recurrence = chunks.gradient.forward
    chunks.inProducts.append(isMild(recurrence, times, sample: sample))
    guard chunks.inProducts.last == true else { return false }
    if !isLast || recurrence.computesVectors {
      recurrence.run(
        heads: share.share(of: 0..<recurrence.heads), areas, updates: !isLast,
        start(times, sample: sample), times: times.count, stride: direction)
    }
    return true
  }

  /// Does what a gradient does in the place of a part of the backward loop.
  private func run(
    _ chunks: MatrixGradient.Chunks, _ number: Int, _ times: Range<Int>, sample: Int
  ) {
    let gradient = chunks.gradient
    if number == gradient.adjointPart {
      chunks.bind(times, areas)
    } else {
      // Threads share heads here, and steps in the parts around it.
      share.meet()
    }
    gradient.run(
      number, heads: share.share(of: 0..<gradient.adjoint.heads), chunks.forward, areas,
      start(times, sample: sample), end: StepBlock(step: last(times), row: sample, rows: 1),
      times: times.count, stride: direction)
    if number != gradient.adjointPart { share.meet() }
  }

  /// From one step of the pass to the next in time.
  private var direction: Int { pass.isReversed ? -1 : 1 }

  /// A sample's row at the first of a chunk's steps.
  private func start(_ times: Range<Int>, sample: Int) -> StepBlock {
    StepBlock(step: first(times), row: sample, rows: 1)
  }

  private func first(_ times: Range<Int>) -> Int {
    pass.isReversed ? times.upperBound - 1 : times.lowerBound
  }

  private func last(_ times: Range<Int>) -> Int {
    pass.isReversed ? times.lowerBound : times.upperBound - 1
  }

  /// Sets the areas of a chunk, and the states before its first step.
  ///
  /// - Parameter origin: the first step in the order of time that has memory.
  private func bind(_ times: Range<Int>, from origin: Int, sample: Int) {
    func rows(_ memory: Storage, ofBuffer buffer: Int) -> Area {
      let width = pass.width(ofBuffer: buffer)
      return Area(Floats(memory) + -origin * width, timeStride: width, rowStride: 0)
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
