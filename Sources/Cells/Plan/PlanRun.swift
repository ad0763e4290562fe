import TensorCore

/// Runs a schedule.
///
/// The work is split over threads by samples inside the loop, which need nothing of each other, by steps
/// before and after it, and by columns where all samples and steps are summed. Where there are too few
/// samples, a step's products are split by columns. No sum changes its order.
struct PlanRun {
  /// The states after the last step, `[B, width]` each, and the signals that were to be kept, with the
  /// memory that holds them where it is not the caller's.
  struct Results {
    var states: [Storage]
    var kept: [(view: SignalView, owner: Storage?)]
    var outers: [Outer?]
  }

  private enum Split {
    case rows(Int)
    case columns(Int)

    var parts: Int {
      switch self {
      case .rows(let parts), .columns(let parts): parts
      }
    }
  }

  typealias Areas = UnsafePointer<SignalArea>

  let schedule: Schedule
  private let isReversed: Bool
  /// Whether what is gathered is wanted for each sample.
  let gathersSamples: Bool
  let segment: Segment
  let leavesOuters: Bool
  let memory: PlanMemory
  let weights: PackedWeights

  /// Runs the whole schedule.
  static func run(_ schedule: Schedule, _ arguments: PlanArguments) -> Results {
    require(
      arguments.batch > 0 && arguments.steps > 0,
      "a recurrence over \(arguments.steps) steps of \(arguments.batch) samples")
    let run = PlanRun(schedule, arguments)
    let split = run.split
    let isShared =
      split.parts > 1
      && ThreadTeam.tryRun(parts: split.parts) { run.execute(part: $0, split) }
    if !isShared { run.execute(part: 0, .rows(1)) }
    run.segment.sums?.keep(run.memory.sums)
    return Results(
      states: run.memory.finalStates(schedule, isReversed: arguments.isReversed),
      kept: schedule.kept.map { (run.memory.view($0), run.memory.kept) }, outers: run.outers)
  }

  private init(_ schedule: Schedule, _ arguments: PlanArguments) {
    self.schedule = schedule
    isReversed = arguments.isReversed
    gathersSamples = arguments.gatheredStride != 0
    segment = arguments.segment
    leavesOuters = arguments.leavesOuters
    let parameters = arguments.parameters
    let known = parameters.cache?.prepared(for: schedule, parameters.tensors)
    memory = PlanMemory(schedule, arguments, prepared: known?.storages)
    if let known {
      weights = known.weights
    } else {
      weights = Self.prepare(schedule, memory)
      parameters.cache?.keep(
        Prepared(weights: weights, storages: memory.prepared), for: schedule, parameters.tensors)
    }
  }

  /// What is made of the parameters alone.
  private static func prepare(_ schedule: Schedule, _ memory: PlanMemory) -> PackedWeights {
    memory.areas.withUnsafeBufferPointer { areas in
      guard let areas = areas.baseAddress else { return PackedWeights([]) }
      let block = StepBlock(step: 0, rows: 1)
      schedule.code.parameterStage.run(areas, PackedWeights([]), block)
      return PackedWeights(
        schedule.packings.map { packing in
          let rowStride = areas[packing.matrix.buffer].rowStride
          return PackedMatrix(
            packing.matrix.signalPlace.address(in: areas, block).0,
            kStride: packing.isTransposed ? rowStride : 1,
            nStride: packing.isTransposed ? 1 : rowStride, n: packing.n, k: packing.k)
        })
    }
  }

  // MARK: Threads

  /// How the work is split: not at all where a thread would wait longer than work.
  private var split: Split {
    let leastWork = 100_000
    let leastRows = 4
    if gathersSamples { return .rows(1) }
    let work = schedule.work * memory.batch
    let parts = min(ThreadTeam.count, work * memory.steps / leastWork)
    let rows = min(parts, memory.batch / leastRows)
    if rows <= 1, work >= leastWork, parts > 1 { return .columns(parts) }
    return .rows(max(1, rows))
  }

  private func execute(part: Int, _ split: Split) {
    let parts = split.parts
    func share(_ count: Int) -> Range<Int> { count * part / parts..<count * (part + 1) / parts }
    func meet() { if parts > 1 { ThreadTeam.barrier() } }
    memory.areas.withUnsafeBufferPointer { buffer in
      guard let areas = buffer.baseAddress else { return }
      var block = StepBlock(step: 0, rows: memory.batch)
      switch split {
      case .rows:
        let rows = share(memory.batch)
        (block.row, block.rows) = (rows.lowerBound, rows.count)
      case .columns: (block.part, block.parts) = (part, parts)
      }
      func executeForAllSteps(_ list: [Schedule.Step], _ code: StepSequence) {
        if block.parts > 1, memory.steps == 1 { return code.run(areas, weights, block) }
        self.executeForAllSteps(list, code, share(memory.steps), areas)
      }
      executeForAllSteps(schedule.before, schedule.code.before)
      meet()
      for index in 0..<memory.steps {
        block.step = isReversed ? memory.steps - 1 - index : index
        schedule.code.loop.run(areas, weights, block)
      }
      meet()
      executeForAllSteps(schedule.after, schedule.code.after)
      meet()
      if gathersSamples { return gatherSamples(areas) }
      var index = 0
      for step in schedule.gathering {
        if let width = step.gatheredWidth {
          gather(step, share(width), areas)
        } else {
          guard segment.isLast else { continue }
          meet()
          if part == 0 {
            schedule.code.gathering.run(index, areas, weights, StepBlock(step: 0, rows: 1))
          }
          index += 1
          meet()
        }
      }
    }
  }

  // MARK: Many steps at once

  private func executeForAllSteps(
    _ list: [Schedule.Step], _ code: StepSequence, _ steps: Range<Int>, _ areas: Areas
  ) {
    for index in 0..<code.count {
      for block in blocks(steps, for: list[index].places) {
        code.run(index, areas, weights, block)
      }
    }
  }

  /// All rows of some steps, in as few blocks as the strides allow.
  func blocks(_ steps: Range<Int>, for places: [Schedule.Place]) -> [StepBlock] {
    if steps.isEmpty { return [] }
    let batch = memory.batch
    if steps.count > 1, places.allSatisfy({ memory.isFlat($0, steps) }) {
      // The rows of one sample are a step apart.
      return batch == 1
        ? [StepBlock(step: steps.lowerBound, rows: steps.count, alongTime: true)]
        : [StepBlock(step: steps.lowerBound, rows: batch * steps.count)]
    }
    if batch >= steps.count || places.contains(where: { memory.hasOther($0, steps) }) {
      return steps.map { StepBlock(step: $0, rows: batch) }
    }
    return (0..<batch).map {
      StepBlock(step: steps.lowerBound, row: $0, rows: steps.count, alongTime: true)
    }
  }
}
