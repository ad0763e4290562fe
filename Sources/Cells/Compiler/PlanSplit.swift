import TensorCore

/// How the work of one run is split over threads and over time.
struct PlanSplit {
  /// The number of threads.
  let parts: Int
  /// Whether threads split the columns of products, with barriers between, instead of the samples. In a loop that takes
  /// the samples one by one they split the heads of those samples that they can't share evenly.
  let cutsColumns: Bool
  /// Whether the loop does the work that could be done for all steps before or after it.
  ///
  /// One product over all steps is fastest while its result fits the caches. Past that it is faster to read the
  /// weights again at each step, if they stay in a cache and are multiplied with enough rows. Matrices of a loop that
  /// takes the samples one by one would leave the cache.
  let goesStepByStep: Bool

  private init(parts: Int, cutsColumns: Bool, goesStepByStep: Bool) {
    (self.parts, self.cutsColumns, self.goesStepByStep) = (parts, cutsColumns, goesStepByStep)
  }

  init(_ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments) {
    // With fewer multiplications and additions than this in a step, a thread waits longer than it works. A pass has several
    // jobs, before each of which a thread may have to be woken.
    let (leastWork, leastWorkOfPass) = (100_000, 500_000)
    let goesBySample = runnable.goesBySample && arguments.steps > 1
    let leastRows = goesBySample ? 1 : 4
    let (batch, steps) = (arguments.batch, arguments.steps)
    let work = runnable.work * batch
    let places = arguments.rows?.count ?? batch * steps
    let threads = arguments.gatheredStride == 0 ? ThreadTeam.count : 1
    let helpful = max(
      1, min(threads, max(work / leastWork, runnable.work * places / leastWorkOfPass)))
    let rows = max(1, min(helpful, batch / leastRows))
    if goesBySample {
      // A remainder of samples is a small part of many.
      cutsColumns =
        batch % helpful > 0 && batch < 4 * helpful
        && work * LoopParts.chunk >= leastWork
    } else {
      cutsColumns = rows == 1 && helpful > 1 && work >= leastWork
    }
    parts = cutsColumns ? helpful : rows

    let enoughRows = 16
    let cache = (signals: 1 << 18, weights: 1 << 21)  // floats
    goesStepByStep =
      steps == 1
      || !runnable.goesBySample && !cutsColumns && batch / parts >= enoughRows
        && runnable.hoistedWeights <= cache.weights
        && runnable.hoistedSignals * places > cache.signals
  }

  /// A thread's share of some rows, steps or columns.
  func share(of count: Int, _ part: Int) -> Range<Int> {
    count * part / parts..<count * (part + 1) / parts
  }

  /// A thread's samples.
  func samples(_ part: Int, _ memory: PlanMemory) -> Range<Int> {
    let count = sharedSamples(memory).lowerBound
    guard count > 0, let rows = memory.rows else { return share(of: count, part) }
    return rows.samples(part, of: parts)
  }

  /// The samples that all threads take together, splitting their heads: those beside an equal number for each thread.
  func sharedSamples(_ memory: PlanMemory) -> Range<Int> {
    let batch = memory.batch
    // Samples of different lengths are shared by their steps, if there are enough.
    let isEven = !cutsColumns || memory.rows != nil && batch >= parts
    return batch - (isEven ? 0 : batch % parts)..<batch
  }

  /// A thread's steps.
  func steps(_ part: Int, _ memory: PlanMemory) -> Range<Int> {
    memory.rows?.steps(part, of: parts) ?? share(of: memory.steps, part)
  }

  /// A thread's rows of a step, or its part of the columns of all rows.
  func block(_ part: Int, _ memory: PlanMemory) -> StepBlock {
    var block = StepBlock(step: 0, rows: memory.batch)
    if cutsColumns {
      (block.part, block.parts) = (part, parts)
    } else {
      let rows = samples(part, memory)
      (block.row, block.rows) = (rows.lowerBound, rows.count)
    }
    return block
  }

  /// The same for one thread, when the team is busy.
  var alone: PlanSplit {
    PlanSplit(parts: 1, cutsColumns: false, goesStepByStep: goesStepByStep)
  }
}
