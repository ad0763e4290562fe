import TensorCore

/// One step of one cell in inference, in memory that is laid out once for as many steps as follow each other: signals and
/// states are copied into it and out of it.
final class SingleStep {
  /// The plan's schedule.
  let runnable: RunnableSchedule
  let weights: PackedWeights
  private let run: PlanRun
  private let signals: SingleStepSignals
  private let batch: Int
  private let threads = ThreadTeam.count
  /// The rows of each state before and after the step.
  private let states: [(before: Floats, after: Floats, width: Int)]

  init(_ plan: Plan, batch: Int, _ parameters: PlanParameters) {
    self.batch = batch
    runnable = plan.forwardSchedule
    signals = SingleStepSignals(plan.cell, batch: batch, steps: 1)
    run = PlanRun.ofSingleSteps(
      runnable, batch: batch, capacity: 1, isReversed: false, parameters, signals)
    weights = run.weights
    states = plan.cell.states.enumerated().map { [run] number, state in
      (
        run.memory.rows(ofState: number, .previous, step: 0),
        run.memory.rows(ofState: number, .next, step: 0), state.width
      )
    }
  }

  /// The memory of an earlier step of the plan with these weights, or new memory. It belongs to the caller until it is
  /// stored.
  static func taken(
    for plan: Plan, batch: Int, _ parameters: PlanParameters, _ precision: Precision
  ) -> SingleStep {
    let idle = parameters.cache?.takeStep(for: plan.forwardSchedule, parameters.tensors, precision)
    if let idle, idle.batch == batch, idle.threads == ThreadTeam.count { return idle }
    return SingleStep(plan, batch: batch, parameters)
  }

  /// The input's rows, to be set; the output's rows, after the step.
  var input: Floats { signals.input.rows(0) }
  var output: Floats { signals.output.rows(0) }

  /// Runs the step of a layer: from its part of the states of all layers to that of the states after the step.
  func callAsFunction(layer: Int, _ before: [Tensor], to after: [Storage], widths: [Int]) {
    for number in states.indices {
      let width = widths[number]
      copyRows(
        Floats(before[number].storage, offset: layer * batch * width), stride: width, rows: batch,
        width: states[number].width, into: states[number].before, stride: states[number].width)
    }
    run.runStep(0)
    for number in states.indices {
      let width = widths[number]
      copyRows(
        states[number].after, stride: states[number].width, rows: batch,
        width: states[number].width, into: Floats(after[number], offset: layer * batch * width),
        stride: width)
    }
  }
}
