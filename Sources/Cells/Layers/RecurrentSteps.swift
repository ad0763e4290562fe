import TensorCore

/// A recurrent layer of one direction that reads one step after another in inference, in memory that is laid out once: its
/// states go from step to step there, and each layer reads the output of the one below where it stands. So a step
/// allocates nothing and copies nothing. The results are those of `Recurrent`, to the bit.
///
/// `@unchecked Sendable`: a step alone changes its memory, and is taken only by who has found with
/// `isKnownUniquelyReferenced` that nobody else refers to it, as the memory of an array is written; others read ``state``.
package final class RecurrentSteps: @unchecked Sendable {
  private let layer: Recurrent
  private let batch: Int
  private let start: RecurrentState
  /// By layer.
  private let runs: [PlanRun]
  private let input, output: SignalRows
  /// The next step's number, 0 or 1: memory holds two steps by turns.
  @exclusivity(unchecked) private var step = 0
  private let threads = ThreadTeam.count

  /// Steps from some states, `[L, B, width]`.
  package init(_ layer: Recurrent, batch: Int, from state: RecurrentState) {
    let start = layer.ordered(state, batch: batch)
    (self.layer, self.batch, self.start) = (layer, batch, start)
    var runs: [PlanRun] = []
    let input = SignalRows(batch: batch, width: layer.inputSize, steps: nil)
    var output = input
    for (place, plan) in layer.plans.enumerated() {
      let states = start.tensors.enumerated().map {
        layer.part(of: $1, batch: batch, state: $0, place)
      }
      let signals = SingleStepSignals(plan.cell, batch: batch, reading: output, from: states)
      runs.append(
        .ofSingleSteps(
          plan.plan(.init()).forwardSchedule, batch: batch, capacity: 2, isReversed: false,
          PlanParameters(layer.weights[place], cache: layer.caches[place]), signals))
      output = signals.output
    }
    (self.runs, self.input, self.output) = (runs, input, output)
  }

  /// Whether steps are still taken as they were prepared: with the same threads and precision.
  package var areCurrent: Bool {
    threads == ThreadTeam.count && runs[0].precision == Precision.current
  }

  /// The rows of the output after a step, whose input's rows `write` sets.
  package func callAsFunction(writing write: (_ input: Floats) -> Void) -> Floats {
    let step = step
    write(input.rows(step))
    for index in runs.indices { runs[index].runStep(step) }
    self.step = 1 - step
    return output.rows(step)
  }

  /// The states after the last step, in tensors of their own.
  package var state: RecurrentState {
    start.replaced(
      by: start.tensors.enumerated().map { state, tensor in
        var result = layer.emptyState(tensor.shape)
        for (place, run) in runs.enumerated() {
          let rows = run.memory.rows(ofState: state, .previous, step: step)
          layer.set(rows, in: &result, batch: batch, state: state, place)
        }
        return result
      })
  }
}
