import TensorCore

/// How the work of one run is split over threads and over time.
struct PlanSplit {
  /// The number of threads.
  private(set) var parts: Int
  /// Whether threads split the columns of products, with barriers between, instead of the samples. In a loop that takes
  /// the samples one by one they split the heads of those samples that they can't share evenly.
  private(set) var cutsColumns: Bool
  /// Whether the run is of single steps, so that nothing is done for several steps at once.
  let goesStepByStep: Bool
  /// The windows of steps that go one after the other; nil where all steps go at once.
  let windows: PlanWindows?

  /// - Parameter recomputation: how a backward pass computes states again that this pass does not keep.
  init(
    _ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments,
    _ recomputation: Recomputation? = nil
  ) {
    let goesBySample = runnable.goesBySample && arguments.steps > 1
    let leastRows = goesBySample ? 1 : 4
    let (batch, steps) = (arguments.batch, arguments.steps)
    // One sample's step of learning is split as the other passes over its weights are: see ``ThreadTeam``.
    let isOneRow = runnable.learns && batch == 1 && steps == 1
    let work =
      isOneRow ? ThreadTeam.workOfWeight * runnable.weightCount : runnable.work * batch
    let places = arguments.rows?.count ?? batch * steps
    let isWhole = arguments.gatheredStride == 0
    let helpful =
      isWhole ? ThreadTeam.parts(ofWork: isOneRow ? work : runnable.work * places) : 1
    // With less in a step, a thread waits longer at its end than it works.
    let leastWork = ThreadTeam.leastWork
    let rows = max(1, min(helpful, batch / leastRows))
    if goesBySample {
      // A remainder of samples is a small part of many.
      cutsColumns =
        batch % helpful > 0 && batch < 4 * helpful
        && work * LoopParts.chunk >= leastWork
    } else {
      // The products alone are split: one thread does the rest, which is most of a step over matrices.
      let workOfProducts = isOneRow ? work : runnable.weightCount * batch
      cutsColumns = rows == 1 && helpful > 1 && workOfProducts >= 2 * leastWork
    }
    parts = cutsColumns ? helpful : rows

    goesStepByStep = steps == 1
    windows = PlanWindows(runnable, arguments, recomputation)
  }

  /// A thread's share of some rows, steps or columns.
  func share(of count: Int, _ part: Int) -> Range<Int> {
    SampleShare(part, of: parts).share(of: 0..<count)
  }

  /// A thread's columns of each of some sums. Small sums are shared out as a whole, the largest first: their rows are read
  /// once then, and no two threads add to one cache line.
  func columns(of sums: [Schedule.Sum], _ part: Int) -> [Range<Int>] {
    var columns = sums.map { share(of: $0.sharedColumns, part) }
    if parts == 1 { return columns }
    let (fewColumns, littleWork) = (32, 512)
    let small = sums.indices.filter {
      sums[$0].sharedColumns < fewColumns && sums[$0].work <= littleWork
    }
    var loads = Array(repeating: 0, count: parts)
    for index in small.sorted(by: { sums[$0].work > sums[$1].work }) {
      let owner = loads.indices.min { loads[$0] < loads[$1] } ?? 0
      loads[owner] += sums[index].work
      columns[index] = 0..<(owner == part ? sums[index].sharedColumns : 0)
    }
    return columns
  }

  /// A thread's samples in some steps.
  func samples(_ part: Int, _ memory: PlanMemory, in steps: Range<Int>) -> Range<Int> {
    let count = sharedSamples(memory).lowerBound
    guard count > 0, let rows = memory.rows else { return share(of: count, part) }
    return rows.samples(part, of: parts, in: steps)
  }

  /// The samples that all threads take together, splitting their heads: those beside an equal number for each thread.
  func sharedSamples(_ memory: PlanMemory) -> Range<Int> {
    let batch = memory.batch
    // Samples of different lengths are shared by their steps, if there are enough.
    let isEven = !cutsColumns || memory.rows != nil && batch >= parts
    return batch - (isEven ? 0 : batch % parts)..<batch
  }

  /// A thread's steps among some.
  func steps(_ part: Int, of steps: Range<Int>, _ memory: PlanMemory) -> Range<Int> {
    memory.rows?.steps(part, of: parts, in: steps)
      ?? SampleShare(part, of: parts).share(of: steps)
  }

  /// A thread's rows of some steps, or its part of the columns of all rows; the block is of the first.
  func block(_ part: Int, _ memory: PlanMemory, in steps: Range<Int>) -> StepBlock {
    var block = StepBlock(step: steps.lowerBound, rows: memory.batch)
    if cutsColumns {
      (block.part, block.parts) = (part, parts)
    } else {
      let rows = samples(part, memory, in: steps)
      (block.row, block.rows) = (rows.lowerBound, rows.count)
    }
    return block
  }

  /// The same for one thread, when the team is busy.
  var alone: PlanSplit {
    var split = self
    (split.parts, split.cutsColumns) = (1, false)
    return split
  }
}
