import TensorCore

/// Which states a forward pass has.
enum StateKeeping: Sendable {
  /// Those of every step, as the backward pass reads them.
  case everyStep
  /// Where the states are matrices, those of every √T-th step: the backward pass computes the others again.
  case spaced
  /// The same, where the matrices of all steps would take more than a cache.
  case spacedIfLarge
}

/// How the backward pass computes the matrices of a forward pass's loop again, instead of reading them from memory.
///
/// A matrix for each head is as wide as all other signals of a step together and wider. Where no product is left in
/// its loop, forwards and backwards, the matrix of a step costs one pass over that of the step before, in a cache. So the
/// forward pass keeps one of every √T steps. The backward pass takes one sample after the other and, from its last
/// chunk of √T steps to its first, runs the steps that lead to the matrices anew, from the same numbers to the same bits.
struct Recomputation: Sendable {
  /// The number of the forward loop, and of the only backward loop that reads the matrices.
  let forwardLoop, backwardLoop: Int
  /// The forward buffers of the states that are not kept at every step.
  let dropped: Set<Int>
  /// The forward buffers of the states that are computed again: these, and others that lead to them.
  let states: [Int]
  /// The forward buffers that are written on the way.
  let scratch: [Int]
  /// The steps that lead to the states.
  let parts: LoopParts
  /// The buffers of backward signals that stand in those states: where.
  let signals: [(buffer: Int, place: Place)]
  /// How the backward pass does without these matrices where it can.
  let gradient: MatrixGradient?
  /// The floats of the dropped states for one sample and step.
  let width: Int
  /// The forward buffers that the steps name, which the backward pass needs at every step.
  let reads: Set<Int>

  /// The states of at least this width are dropped.
  static let leastWidth = 256
  /// With fewer floats at all steps of all samples than this, which stay in a cache, they are kept if nothing else is
  /// asked for.
  static let leastCount = 1 << 18

  /// The steps of a chunk, of which the state before the first is kept.
  static func interval(steps: Int) -> Int { max(1, Int(Double(steps).squareRoot().rounded(.up))) }

  /// Whether a pass drops states; `places` is the sum of its samples' steps.
  func isUsed(_ keeping: StateKeeping, steps: Int, places: Int) -> Bool {
    switch keeping {
    case .everyStep: false
    case .spaced: steps > 1
    case .spacedIfLarge: steps > 1 && width * places >= Self.leastCount
    }
  }

  /// Nil where no wide state is kept, or one can't be computed again from what is.
  init?(_ forward: RunnableSchedule, _ backward: RunnableSchedule, _ sources: [Derivative.Source]) {
    let kept = forward.schedule.kept
    let candidates = Set(
      kept.map(\.area).filter { forward.schedule.buffers[$0].isWideState })
    let readers = BackwardReaders(backward.schedule, sources, kept)
    var found: (loop: Int, backwardLoop: Int)?
    var dropped = Set<Int>()
    for buffer in candidates.sorted() {
      guard let loop = forward.schedule.loopOfMatrices(writing: buffer, forward),
        let reading = readers.onlyLoop(reading: buffer), backward.loops[reading].parts != nil,
        found.map({ $0 == (loop, reading) }) ?? true
      else { continue }
      found = (loop, reading)
      dropped.insert(buffer)
    }
    guard let found,
      let path = PathToStates(dropped, forward.schedule, loop: found.loop)
    else { return nil }
    (forwardLoop, backwardLoop) = found
    self.dropped = dropped
    states = path.states.sorted()
    scratch = path.scratch.sorted()
    parts = LoopParts(
      path.steps, forward.schedule.buffers, scratch: path.scratch, memory: forward.schedule.memory)
    signals = readers.signals.filter { dropped.contains($0.place.area) }
    gradient = backward.loops[found.backwardLoop].parts.flatMap { [parts] in
      MatrixGradient(parts, $0, readers.signals, scratch: backward.schedule.buffers.count)
    }
    width = dropped.reduce(0) { $0 + forward.schedule.buffers[$1].width }
    reads = Set(path.steps.flatMap(\.places).map(\.area))
  }
}

extension Schedule.Buffer {
  /// Whether it is a state of matrices, in memory of its own.
  fileprivate var isWideState: Bool {
    guard case .state = kind else { return false }
    return output == nil && keepsHistory && width >= Recomputation.leastWidth
  }
}

extension Schedule {
  /// The steps of each loop.
  fileprivate var loops: [[Step]] { earlier.map(\.loop) + [loop] }

  /// The number of the loop that alone reads and writes a state, if it takes the samples one by one.
  fileprivate func loopOfMatrices(writing buffer: Int, _ runnable: RunnableSchedule) -> Int? {
    let others = earlier.flatMap(\.before) + before + after + gathering
    if others.contains(where: { $0.places.contains { $0.area == buffer } }) { return nil }
    let using = loops.indices.filter { number in
      loops[number].contains { $0.places.contains { $0.area == buffer } }
    }
    guard using.count == 1, runnable.loops[using[0]].parts != nil else { return nil }
    return using[0]
  }
}

/// Who reads the forward pass's kept signals in a backward schedule.
private struct BackwardReaders {
  /// The buffers of the kept signals, and where these stand in the forward pass.
  let signals: [(buffer: Int, place: Place)]
  private let schedule: Schedule

  init(_ schedule: Schedule, _ sources: [Derivative.Source], _ kept: [Place]) {
    self.schedule = schedule
    var next = 0
    let places = sources.map { source -> Place? in
      guard case .forward = source else { return nil }
      defer { next += 1 }
      return kept[next]
    }
    signals = schedule.buffers.indices.compactMap { buffer in
      guard case .sequence(let index) = schedule.buffers[buffer].kind, let place = places[index]
      else { return nil }
      return (buffer, place)
    }
  }

  /// The loop that reads the signals in a forward buffer, if no other work does.
  func onlyLoop(reading forwardBuffer: Int) -> Int? {
    let buffers = Set(signals.filter { $0.place.area == forwardBuffer }.map(\.buffer))
    func reads(_ places: [Place]) -> Bool { places.contains { buffers.contains($0.area) } }
    let others =
      schedule.earlier.flatMap(\.before) + schedule.before + schedule.after + schedule.gathering
    let isReadElsewhere =
      others.contains { reads($0.places) } || schedule.sums.contains { reads($0.sources) }
      || reads(schedule.kept)
    let reading = schedule.loops.indices.filter { number in
      schedule.loops[number].contains { reads($0.places) }
    }
    return !isReadElsewhere && reading.count == 1 ? reading[0] : nil
  }
}
