import TensorCore

/// The windows of a run: ranges of steps that go one after the other through everything, from the work before the loops to the
/// sums.
///
/// Signals that nobody needs after that have memory for one window only, which stays in a cache.
struct PlanWindows {
  /// In the order of time.
  let steps: [Range<Int>]
  /// The buffers that have memory for one window.
  let passing: Set<Int>
  /// The most rows of a window in memory.
  private(set) var mostRows = 0

  /// Nil where all signals fit a cache, or have to be there for all steps.
  init?(
    _ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments,
    _ recomputation: Recomputation?
  ) {
    let cache = 1 << 18
    let isSpaced = recomputation != nil || arguments.spaced != nil
    // The factors of outer products are read after the run. States that were kept at intervals lead to the others, in the order
    // of the forward pass.
    if arguments.steps == 1 || arguments.gatheredStride != 0 || arguments.returnsOuterFactors
      || isSpaced && (arguments.rows != nil || arguments.isReversed == (recomputation != nil))
    {
      return nil
    }
    passing = recomputation.map { runnable.passing.subtracting($0.reads) } ?? runnable.passing
    let width = passing.reduce(0) { $0 + runnable.schedule.buffers[$1].width }
    if width * arguments.rowCount(of: 0..<arguments.steps) <= cache { return nil }
    // Wide signals stay in the caches with fewer rows. Of a hundred rows or more products are as fast as of many.
    let enoughRows = min(512, max(128, 2 * cache / width))
    let interval = isSpaced ? Recomputation.interval(steps: arguments.steps) : 1
    var (windows, first) = ([Range<Int>](), 0)
    for block in PlanRun.blocks(
      of: 0..<arguments.steps, batch: arguments.batch, arguments.rows)
    {
      let window = first..<block.upperBound
      let rows = arguments.rowCount(of: window)
      let isEnough = rows >= enoughRows && window.upperBound.isMultiple(of: interval)
      guard isEnough || window.upperBound == arguments.steps else { continue }
      windows.append(window)
      (first, mostRows) = (window.upperBound, max(mostRows, rows))
    }
    steps = windows
  }
}
