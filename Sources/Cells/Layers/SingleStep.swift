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

extension Recurrent {
  /// Whether ``step(_:batch:from:)`` computes single steps: those of one direction.
  var hasSingleSteps: Bool { direction.count == 1 }

  /// One step in inference of a layer of one direction: the input's rows, and the states, `[B, width]` or
  /// `[L, B, width]`, give the output's rows and the states after the step.
  func step(
    _ x: Floats, batch: Int, from states: [Tensor]
  ) -> (output: Storage, states: [Tensor]) {
    let output = Storage(count: batch * outputSize)
    let next = states.map { state in
      hasEqualStates ? Storage(count: state.count) : Storage(repeating: 0, count: state.count)
    }
    let precision = Precision.current
    var signal = x
    for layer in 0..<layers {
      let parameters = PlanParameters(weights[layer], cache: caches[layer])
      let plan = plans[layer].plan(.init())
      let step = SingleStep.taken(for: plan, batch: batch, parameters, precision)
      copyRow(signal, count: batch * plan.cell.inputSize, into: step.input)
      step(layer: layer, states, to: next, widths: stateWidths)
      signal = step.output
      if layer == layers - 1 { copyRow(signal, count: output.count, into: Floats(output)) }
      caches[layer].store(step)
    }
    return (output, zip(next, states).map { Tensor(storage: $0, shape: $1.shape) })
  }
}
