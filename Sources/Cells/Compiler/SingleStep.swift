import TensorCore

/// One step of one cell in inference, in memory that is laid out once for as many steps as follow each other: signals are
/// copied into it and out of it, as are small states; large ones stand where the caller has them.
final class SingleStep {
  /// The plan's schedule.
  let runnable: RunnableSchedule
  let weights: PackedWeights
  private let run: PlanRun
  private let signals: SingleStepSignals
  private let batch: Int
  private let threads = ThreadTeam.count
  /// A state of fewer is copied in less time than an area is set for it.
  private static let fewFloats = 1024
  /// The states that are copied, those that are outputs and small ones: their rows before and after the step.
  private let copied: [(state: Int, before: Floats, after: Floats, width: Int)]
  /// The other states.
  private let placed: [Int]

  init(_ plan: Plan, batch: Int, _ parameters: PlanParameters) {
    self.batch = batch
    runnable = plan.forwardSchedule
    signals = SingleStepSignals(plan.cell, batch: batch, steps: 1)
    run = PlanRun.ofSingleSteps(
      runnable, batch: batch, capacity: 1, isReversed: false, parameters, signals)
    weights = run.weights
    let (memory, widths) = (run.memory, plan.cell.states.map(\.width))
    placed = widths.indices.filter {
      !memory.isOutput(state: $0) && batch * widths[$0] >= Self.fewFloats
    }
    copied = widths.indices.filter { [placed] in !placed.contains($0) }.map {
      (
        $0, memory.rows(ofState: $0, .previous, step: 0), memory.rows(ofState: $0, .next, step: 0),
        widths[$0]
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
    for index in copied.indices {
      let number = copied[index].state
      let width = widths[number]
      copyRows(
        Floats(before[number].storage, offset: layer * batch * width), stride: width, rows: batch,
        width: copied[index].width, into: copied[index].before, stride: copied[index].width)
    }
    for number in placed {
      let (width, offset) = (widths[number], layer * batch * widths[number])
      run.memory.place(
        state: number, before: Floats(before[number].storage, offset: offset),
        after: Floats(after[number], offset: offset), rowStride: width)
    }
    run.runStep(0)
    for index in copied.indices {
      let number = copied[index].state
      let width = widths[number]
      copyRows(
        copied[index].after, stride: copied[index].width, rows: batch, width: copied[index].width,
        into: Floats(after[number], offset: layer * batch * width), stride: width)
    }
    for number in placed { run.memory.releaseState(number) }
  }
}
