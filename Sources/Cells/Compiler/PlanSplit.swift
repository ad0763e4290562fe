import TensorCore

/// How the work of one run is cut, over threads and over time.
struct PlanSplit {
  /// How many threads share it.
  let parts: Int
  /// Whether they share the columns of products, and meet between, instead of the samples.
  let cutsColumns: Bool
  /// Whether what could be done for all steps before or after the loop is done within it.
  ///
  /// One product over all steps is fastest as long as the caches hold what it writes. Past that it is
  /// faster to read the weights again at each step, if they stay in a cache and meet enough rows.
  let goesStepByStep: Bool

  private init(parts: Int, cutsColumns: Bool, goesStepByStep: Bool) {
    (self.parts, self.cutsColumns, self.goesStepByStep) = (parts, cutsColumns, goesStepByStep)
  }

  init(_ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments) {
    // Less multiplications and additions than this, and a thread waits longer than it works.
    let leastWork = 100_000
    let leastRows = 4
    let (batch, steps) = (arguments.batch, arguments.steps)
    let work = runnable.work * batch
    let threads = arguments.gatheredStride == 0 ? ThreadTeam.count : 1
    let helpful = max(1, min(threads, work * steps / leastWork))
    let rows = max(1, min(helpful, batch / leastRows))
    cutsColumns = rows == 1 && helpful > 1 && work >= leastWork
    parts = cutsColumns ? helpful : rows

    let enoughRows = 16
    let cache = (signals: 1 << 18, weights: 1 << 21)  // floats
    goesStepByStep =
      steps == 1
      || !cutsColumns && batch / parts >= enoughRows
        && runnable.hoistedWeights <= cache.weights
        && runnable.hoistedSignals * batch * steps > cache.signals
  }

  /// The same for a thread that finds no help.
  var alone: PlanSplit {
    PlanSplit(parts: 1, cutsColumns: false, goesStepByStep: goesStepByStep)
  }
}
