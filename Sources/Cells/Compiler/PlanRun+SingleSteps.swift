import TensorCore

/// Steps that are run one at a time, in memory for many.
extension PlanRun {
  /// A run of at most as many steps as the arguments say, none of which has run yet.
  static func ofSingleSteps(
    _ runnable: RunnableSchedule, batch: Int, capacity: Int, isReversed: Bool,
    _ parameters: PlanParameters, _ signals: some PlanSignals
  ) -> PlanRun {
    var arguments = PlanArguments(
      batch: batch, steps: 1, isReversed: isReversed, parameters: parameters)
    let split = PlanSplit(runnable, arguments)
    arguments.steps = capacity
    let run = PlanRun(runnable, arguments, split)
    run.memory.bind(arguments, signals)
    return run
  }

  /// Runs one step of all samples.
  func runStep(_ step: Int) {
    if memory.batch == 0 { return }
    guard split.parts > 1 else {
      runnable.singleStep.run(
        memory.areas, weights, StepBlock(step: step, rows: memory.batch))
      return
    }
    runSharedStep(step)
  }

  private func runSharedStep(_ step: Int) {
    inPhases { split, run in
      run(.all) { part in
        runnable.singleStep.run(
          memory.areas, weights, split.block(part, memory, in: step..<step + 1))
      }
    }
  }

  /// Adds up the gathered values over some steps.
  func gather(_ steps: Range<Int>) {
    ThreadTeam.run(parts: split.parts) { part in
      gatherSums(steps, accumulate: false, split.columns(of: schedule.sums, part))
    }
  }
}
