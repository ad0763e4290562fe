import Requirements
import TensorCore

/// Runs a schedule.
///
/// Threads split the samples inside the time loop, which are independent; the steps before and after the loop;
/// and the columns of sums over all samples and steps. With too few samples they split the columns of a step's
/// products, and the heads of matrices. No split changes the order of a sum. ``PlanSplit`` decides.
struct PlanRun {
  struct Results {
    /// The states after the last step, `[B, width]` each.
    var states: [Storage]
    /// The saved signals.
    var kept: [Area]
    /// The memory of the saved signals that are not the caller's.
    var memory: Storage?
    /// The outer products that are returned as their factors.
    var outers: [Outer]
    /// The memory of these, to be stored once they have been used.
    var outerMemory: PlanMemory?
    /// The states that are to be computed again, where not all are kept.
    var spaced: SpacedStates?
  }

  let runnable: RunnableSchedule
  var schedule: Schedule { runnable.schedule }
  let split: PlanSplit
  /// Whether each sample has gradients of its own, instead of their sum over the batch.
  let hasSampleGradients: Bool
  let segment: Segment
  let returnsOuterFactors: Bool
  let memory: PlanMemory
  let weights: PackedWeights
  /// The precision of products, taken from the calling thread: other threads cannot read it.
  let precision: Precision
  /// The states that this forward pass keeps at some steps only.
  let keeping: SpacedStates?
  /// Those that this backward pass computes again.
  let reading: SpacedStates?
  /// By loop, the memory of samples that all threads take together.
  let shared: Guarded<[Int: SampleMemory]>?

  /// Runs the whole schedule.
  static func run(
    _ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments, _ signals: some PlanSignals,
    _ recomputation: Recomputation? = nil
  ) -> Results {
    require(
      arguments.batch >= 0 && arguments.steps > 0,
      "a recurrence over \(arguments.steps) steps of \(arguments.batch) samples")
    if arguments.batch == 0 { return withoutSamples(runnable.schedule, arguments, signals) }
    let spacing = Self.spacing(recomputation, arguments)
    let run = PlanRun(runnable, arguments, PlanSplit(runnable, arguments, spacing), spacing)
    run.memory.bind(arguments, signals)
    run.inPhases { run.execute($0, $1) }
    run.segment.sums?.keep(run.memory.sums)
    let results = Results(
      states: run.memory.finalStates,
      kept: runnable.schedule.kept.map { run.memory.part($0) }, memory: run.memory.kept,
      outers: run.outers, outerMemory: run.returnsOuterFactors ? run.memory : nil,
      spaced: run.keeping)
    if !run.returnsOuterFactors {
      run.memory.keepWeights(run.weights, run.precision)
      arguments.parameters.cache?.store(run.memory)
    }
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

  init(
    _ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments, _ split: PlanSplit,
    _ recomputation: Recomputation? = nil
  ) {
    self.runnable = runnable
    precision = Precision.current
    self.split = split
    reading = arguments.spaced
    shared = runnable.goesBySample && split.cutsColumns ? Guarded([:]) : nil
    hasSampleGradients = arguments.gatheredStride != 0
    segment = arguments.segment
    returnsOuterFactors = arguments.returnsOuterFactors
    let parameters = arguments.parameters
    let known = parameters.cache?.prepared(for: runnable, parameters.tensors, precision)
    let memory: PlanMemory
    let dropped = recomputation?.dropped ?? []
    if PlanMemory.isPlain(arguments, split.windows, dropped),
      let idle = parameters.cache?.takeMemory(for: runnable), idle.fits(arguments)
    {
      idle.set(parameters, prepared: known?.storages)
      memory = idle
    } else {
      memory = PlanMemory(
        runnable, arguments, goesStepByStep: split.goesStepByStep, windows: split.windows,
        prepared: known?.storages, dropping: dropped)
    }
    self.memory = memory
    weights = known?.weights ?? Self.weights(runnable, memory, parameters, precision)
    if let recomputation {
      keeping = SpacedStates(recomputation, memory, weights)
    } else {
      keeping = nil
    }
  }

  /// The weights of a run, kept where others with the same weights follow.
  private static func weights(
    _ runnable: RunnableSchedule, _ memory: PlanMemory, _ parameters: PlanParameters,
    _ precision: Precision
  ) -> PackedWeights {
    // The next step of learning has other weights.
    let isSingleStep = runnable.learns && memory.steps == 1
    let areUsedOnce = memory.batch == 1 || runnable.schedule.packings.isEmpty
    if isSingleStep, areUsedOnce, precision.inUse == .highest {
      return prepare(runnable, memory, parameters.tensors, precision, packs: false)
    }
    let weights = prepare(runnable, memory, parameters.tensors, precision, packs: true)
    // Packing costs as much as a row or two: a long pass of learning, which other weights follow, leaves the memory.
    let manyRows = 256
    if !runnable.learns || memory.batch * memory.steps < manyRows {
      parameters.cache?.keep(
        Prepared(weights: weights, storages: memory.sharePrepared()), for: runnable,
        parameters.tensors, precision)
    }
    return weights
  }

  /// How the backward pass computes states again, if this run keeps them at some steps only.
  private static func spacing(
    _ recomputation: Recomputation?, _ arguments: borrowing PlanArguments
  ) -> Recomputation? {
    guard let recomputation, arguments.steps > 1,
      recomputation.isUsed(
        arguments.states, steps: arguments.steps,
        places: arguments.rows?.count ?? arguments.batch * arguments.steps)
    else { return nil }
    return recomputation
  }

  /// Computes and packs the values that depend on parameters alone.
  ///
  /// - Parameter packs: false for weights that are used once, which are read where they stand.
  private static func prepare(
    _ runnable: RunnableSchedule, _ memory: PlanMemory, _ parameters: [Tensor],
    _ precision: Precision, packs: Bool
  ) -> PackedWeights {
    runnable.parameterStage.run(memory.areas, .none, StepBlock(step: 0, rows: 1))
    if let weights = memory.takeWeights(precision) {
      for (number, packing) in runnable.schedule.packings.enumerated() {
        let buffer = runnable.schedule.buffers[packing.matrix.area]
        weights.replace(number, by: packing.matrix(buffer, memory.areas, parameters))
      }
      return weights
    }
    return PackedWeights(
      runnable.schedule.packings.map { packing in
        let buffer = runnable.schedule.buffers[packing.matrix.area]
        return packing.encoded(of: buffer, parameters, precision)
          ?? (packs
            ? packing.packed(buffer, memory.areas, parameters, precision)
            : PackedMatrix(unpacked: packing.matrix(buffer, memory.areas, parameters)))
      })
  }

  // MARK: Threads

  /// The threads of a phase of the work.
  enum Workers { case all, first }

  /// Runs a phase of the work, by parts, before the next one starts.
  typealias RunPhase = (_ workers: Workers, _ phase: (_ part: Int) -> Void) -> Void

  /// Does work that consists of phases. Threads that split columns also meet within a phase.
  func inPhases(_ work: (_ split: PlanSplit, _ run: RunPhase) -> Void) {
    guard split.cutsColumns else {
      return work(split) { ThreadTeam.run(parts: $0 == .all ? split.parts : 1, $1) }
    }
    let isShared = ThreadTeam.tryRun(parts: split.parts) { part in
      var isFirst = true
      work(split) { workers, phase in
        if !isFirst { ThreadTeam.barrier() }
        isFirst = false
        if workers == .all || part == 0 { phase(part) }
      }
    }
    if !isShared { work(split.alone) { $1(0) } }
  }

  private func execute(_ split: PlanSplit, _ run: RunPhase) {
    if let windows = split.windows?.steps {
      for (index, steps) in (memory.isReversed ? windows.reversed() : windows).enumerated() {
        run(.first) { _ in memory.takeWindow(from: steps.lowerBound) }
        execute(steps, accumulate: !segment.isFirst || index > 0, split, run)
      }
    } else {
      execute(0..<memory.steps, accumulate: !segment.isFirst, split, run)
    }
    if hasSampleGradients { return run(.first) { _ in gatherSamples() } }
    if runnable.gathering.count > 0, segment.isLast { run(.first) { _ in finishSums() } }
  }

  /// Takes some steps through the loops, and through the work for all of them before and after; adds up over them.
  private func execute(
    _ steps: Range<Int>, accumulate: Bool, _ split: PlanSplit, _ run: RunPhase
  ) {
    if split.goesStepByStep {
      run(.all) { runSteps(runnable.singleStep, split.block($0, memory, in: steps), steps) }
    } else {
      for (number, loop) in runnable.loops.enumerated() {
        if !loop.before.places.isEmpty {
          run(.all) { runForAllSteps(loop.before, steps, split, $0) }
        }
        run(.all) { part in
          if let parts = loop.parts {
            // There are no products whose columns could be split.
            runSamples(split, part, number, parts, steps)
          } else {
            runSteps(loop.steps, split.block(part, memory, in: steps), steps)
          }
        }
      }
    }
    let hasAfter = !split.goesStepByStep && !runnable.after.places.isEmpty
    let hasSums = !hasSampleGradients && !schedule.sums.isEmpty
    func finish(_ part: Int) { runForAllSteps(runnable.after, steps, split, part) }
    func sum(_ part: Int) {
      gatherSums(steps, accumulate: accumulate, split.columns(of: schedule.sums, part))
    }
    if hasAfter, hasSums, !runnable.sumsReadAfter {
      run(.all) { part in
        finish(part)
        sum(part)
      }
    } else {
      if hasAfter { run(.all, finish) }
      if hasSums { run(.all, sum) }
    }
  }

  /// Runs a thread's rows through some steps, in the order of time.
  private func runSteps(_ sequence: StepSequence, _ rows: StepBlock, _ steps: Range<Int>) {
    let stride = memory.isReversed ? -1 : 1
    var first = rows
    if let lengths = memory.rows {
      let runs = lengths.runs(
        of: rows.row..<rows.row + rows.rows, in: steps, isReversed: memory.isReversed,
        cutsEnds: memory.areas.hasLaterValues)
      for run in runs {
        (first.step, first.row, first.rows) = (run.step, run.samples.lowerBound, run.samples.count)
        sequence.run(memory.areas, weights, first, times: run.times, stride: stride)
      }
      return
    }
    first.step = memory.isReversed ? steps.upperBound - 1 : steps.lowerBound
    sequence.run(memory.areas, weights, first, times: steps.count, stride: stride)
  }

  // MARK: Many steps at once

  /// Runs work for all steps over a thread's share of some.
  private func runForAllSteps(
    _ work: RunnableSchedule.Batched, _ steps: Range<Int>, _ split: PlanSplit, _ part: Int
  ) {
    let own = split.steps(part, of: steps, memory)
    for (index, places) in work.places.enumerated() {
      for block in blocks(own, for: places) {
        work.steps.run(index, memory.areas, weights, block)
      }
    }
  }

  /// All rows of some steps, in as few blocks as the strides allow.
  func blocks(_ steps: Range<Int>, for places: [Place]) -> StepBlocks {
    let (areas, batch) = (memory.areas, memory.batch)
    if memory.rows != nil || batch >= steps.count || areas.areFlat(places, samples: batch)
      || places.contains(where: { areas.hasOther($0, steps) })
    {
      return blocksInOrder(steps, for: places)
    }
    return .several(
      (0..<batch).map {
        StepBlock(step: steps.lowerBound, row: $0, rows: steps.count, alongTime: true)
      })
  }

  /// The same in the order of time.
  func blocksInOrder(_ steps: Range<Int>, for places: [Place]) -> StepBlocks {
    memory.rows.map { memory.areas.blocks(steps, of: $0, for: places) }
      ?? memory.areas.blocks(steps, samples: 0..<memory.batch, for: places)
  }
}
