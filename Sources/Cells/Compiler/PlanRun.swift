import Requirements
import TensorCore

/// Runs a schedule.
///
/// Threads split the samples inside the time loop, which are independent; the steps before and after the loop;
/// and the columns of sums over all samples and steps. With too few samples they split the columns of a step's
/// products. No split changes the order of a sum. ``PlanSplit`` decides.
struct PlanRun {
  struct Results {
    /// The states after the last step, `[B, width]` each.
    var states: [Storage]
    /// The saved signals.
    var kept: [Area]
    /// The memory of the saved signals that are not the caller's.
    var memory: Storage?
    /// By number: the gathered values that are returned as their factors.
    var outers: [Outer?]
    /// The states that are to be computed again, where not all are kept.
    var spaced: SpacedStates?
  }

  let runnable: RunnableSchedule
  var schedule: Schedule { runnable.schedule }
  private let split: PlanSplit
  /// Whether each sample has gradients of its own, instead of their sum over the batch.
  let hasSampleGradients: Bool
  let segment: Segment
  let returnsOuterFactors: Bool
  let memory: PlanMemory
  let weights: PackedWeights
  /// The precision of products, taken from the calling thread: other threads cannot read it.
  let precision: Precision
  /// The states that this forward pass keeps at some steps only.
  private let keeping: SpacedStates?
  /// Those that this backward pass computes again.
  private let reading: SpacedStates?

  /// Runs the whole schedule.
  static func run(
    _ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments, _ signals: some PlanSignals,
    _ recomputation: Recomputation? = nil
  ) -> Results {
    require(
      arguments.batch >= 0 && arguments.steps > 0,
      "a recurrence over \(arguments.steps) steps of \(arguments.batch) samples")
    if arguments.batch == 0 { return withoutSamples(runnable.schedule, arguments, signals) }
    let run = PlanRun(runnable, arguments, recomputation)
    run.memory.bind(arguments, signals)
    let isShared =
      run.split.parts > 1
      && ThreadTeam.tryRun(parts: run.split.parts) { run.execute(part: $0, run.split) }
    if !isShared { run.execute(part: 0, run.split.alone) }
    run.segment.sums?.keep(run.memory.sums)
    let results = Results(
      states: run.memory.finalStates(arguments),
      kept: runnable.schedule.kept.map { run.memory.part($0) }, memory: run.memory.kept,
      outers: run.outers, spaced: run.keeping)
    run.storeMemory(arguments)
    return results
  }

  /// The results for an empty batch: empty signals, and sums that are zero.
  private static func withoutSamples(
    _ schedule: Schedule, _ arguments: borrowing PlanArguments, _ signals: some PlanSignals
  ) -> Results {
    let segment = arguments.segment
    if segment.isLast, segment.isFirst || segment.sums != nil {
      for buffer in schedule.buffers {
        guard case .gathered(let index) = buffer.kind else { continue }
        let count = schedule.gatheredRows[index] * buffer.width
        fill(signals.gathered(index), count: count, with: 0)
      }
    }
    let nothing = Storage(count: 0)
    let states = schedule.buffers.count { if case .state = $0.kind { true } else { false } }
    let area = Area(Floats(nothing), rowStride: 0)
    return Results(
      states: (0..<states).map { _ in nothing }, kept: schedule.kept.map { _ in area }, outers: [],
      spaced: nil)
  }

  private init(
    _ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments,
    _ recomputation: Recomputation?
  ) {
    self.runnable = runnable
    precision = Precision.current
    let split = PlanSplit(runnable, arguments)
    self.split = split
    reading = arguments.spaced
    var spacing: Recomputation?
    if let recomputation, !split.goesStepByStep,
      recomputation.isUsed(arguments.states, batch: arguments.batch, steps: arguments.steps)
    {
      spacing = recomputation
    }
    hasSampleGradients = arguments.gatheredStride != 0
    segment = arguments.segment
    returnsOuterFactors = arguments.returnsOuterFactors
    let parameters = arguments.parameters
    let known = parameters.cache?.prepared(for: runnable, parameters.tensors, precision)
    if let known, let idle = known.memory, idle.fits(arguments) {
      (memory, weights, keeping) = (idle, known.weights, nil)
      return
    }
    memory = PlanMemory(
      runnable, arguments, goesStepByStep: split.goesStepByStep, prepared: known?.storages,
      dropping: spacing?.dropped ?? [])
    if let known {
      weights = known.weights
    } else {
      weights = Self.prepare(runnable, memory, parameters.tensors, precision)
      parameters.cache?.keep(
        Prepared(weights: weights, storages: memory.prepared), for: runnable, parameters.tensors,
        precision)
    }
    keeping = spacing.map { [memory, weights] in SpacedStates($0, memory, weights) }
  }

  /// Stores the memory for the next run, if that may be the next step of a loop.
  private func storeMemory(_ arguments: borrowing PlanArguments) {
    guard memory.steps == 1, !returnsOuterFactors, segment.sums == nil else { return }
    memory.release()
    arguments.parameters.cache?.store(memory, with: weights, for: runnable)
  }

  /// Computes and packs the values that depend on parameters alone.
  private static func prepare(
    _ runnable: RunnableSchedule, _ memory: PlanMemory, _ parameters: [Tensor],
    _ precision: Precision
  ) -> PackedWeights {
    runnable.parameterStage.run(memory.areas, PackedWeights([]), StepBlock(step: 0, rows: 1))
    return PackedWeights(
      runnable.schedule.packings.map { packing in
        let buffer = runnable.schedule.buffers[packing.matrix.area]
        return packing.encoded(of: buffer, parameters, precision)
          ?? packing.packed(buffer, memory.areas, parameters, precision)
      })
  }

  // MARK: Threads

  private func execute(part: Int, _ split: PlanSplit) {
    let parts = split.parts
    func share(_ count: Int) -> Range<Int> { count * part / parts..<count * (part + 1) / parts }
    func waitForOthers() { if parts > 1 { ThreadTeam.barrier() } }
    var block = StepBlock(step: 0, rows: memory.batch)
    if split.cutsColumns {
      (block.part, block.parts) = (part, parts)
    } else {
      let rows = share(memory.batch)
      (block.row, block.rows) = (rows.lowerBound, rows.count)
    }
    if split.goesStepByStep {
      runSteps(runnable.singleStep, block)
    } else {
      let loops =
        zip(schedule.earlier.map(\.before), runnable.earlier)
        + [(schedule.before, (runnable.before, runnable.loop))]
      for (number, (list, (before, loop))) in loops.enumerated() {
        runForAllSteps(list, before, share(memory.steps))
        waitForOthers()
        if runnable.goesBySample[number] {
          // There are no products whose columns could be split.
          runSamples(share(memory.batch), number, loop)
        } else {
          runSteps(loop, block)
        }
        waitForOthers()
      }
      runForAllSteps(schedule.after, runnable.after, share(memory.steps))
    }
    if schedule.sums.isEmpty && schedule.gathering.isEmpty { return }
    waitForOthers()
    if hasSampleGradients { return gatherSamples() }
    gatherSums(share)
    if runnable.gathering.count == 0 || !segment.isLast { return }
    // The work on the sums is small.
    waitForOthers()
    if part == 0 { runnable.gathering.run(memory.areas, weights, StepBlock(step: 0, rows: 1)) }
  }

  /// Runs a thread's rows through all steps, in the order of time.
  private func runSteps(_ sequence: StepSequence, _ rows: StepBlock) {
    var block = rows
    for index in 0..<memory.steps {
      block.step = memory.isReversed ? memory.steps - 1 - index : index
      sequence.run(memory.areas, weights, block)
    }
  }

  /// Runs a thread's samples through all steps, one after the other.
  private func runSamples(_ samples: Range<Int>, _ loop: Int, _ sequence: StepSequence) {
    let chunk = reading.flatMap { states in
      states.recomputation.backwardLoop == loop ? SpacedStates.Chunk(states, memory.areas) : nil
    }
    let saving = keeping.flatMap { $0.recomputation.forwardLoop == loop ? $0 : nil }
    for sample in samples {
      var block = StepBlock(step: 0, row: sample, rows: 1)
      func run(_ steps: Range<Int>, _ areas: AreaTable) {
        for index in steps {
          saving?.save(beforeStep: index, sample: sample)
          block.step = memory.isReversed ? memory.steps - 1 - index : index
          sequence.run(areas, weights, block)
        }
      }
      guard let chunk else {
        run(0..<memory.steps, memory.areas)
        continue
      }
      for steps in chunk.chunks.reversed() {
        chunk.compute(steps, sample: sample)
        // The backward pass counts its steps from the last one.
        run(memory.steps - steps.upperBound..<memory.steps - steps.lowerBound, chunk.areas)
      }
    }
  }

  // MARK: Many steps at once

  private func runForAllSteps(_ list: [Step], _ code: StepSequence, _ steps: Range<Int>) {
    for index in 0..<code.count {
      for block in blocks(steps, for: list[index].places) {
        code.run(index, memory.areas, weights, block)
      }
    }
  }

  /// All rows of some steps, in as few blocks as the strides allow.
  func blocks(_ steps: Range<Int>, for places: [Place]) -> [StepBlock] {
    if steps.isEmpty { return [] }
    let batch = memory.batch
    if steps.count > 1, places.allSatisfy({ memory.areas.isFlat($0, steps, batch: memory.batch) }) {
      // The rows of one sample are a step apart.
      return batch == 1
        ? [StepBlock(step: steps.lowerBound, rows: steps.count, alongTime: true)]
        : [StepBlock(step: steps.lowerBound, rows: batch * steps.count)]
    }
    if batch >= steps.count || places.contains(where: { memory.areas.hasOther($0, steps) }) {
      return steps.map { StepBlock(step: $0, rows: batch) }
    }
    return (0..<batch).map {
      StepBlock(step: steps.lowerBound, row: $0, rows: steps.count, alongTime: true)
    }
  }
}
