import Requirements
import TensorCore

/// Steps of a cell that a tape records one after the other, each from the states that the one before it returned.
///
/// They are run like the steps of a layer's sequence: in one memory, and with weight gradients that are summed over
/// all of them at the end of the backward pass. A step that continues no chain, or a full one, starts another.
///
/// `@unchecked Sendable`: threads may record at the same time, since a step's memory is written only by the thread that
/// claimed the step, under a lock; a tape's backward pass runs on one thread. The tape owns the chain.
final class StepChain: @unchecked Sendable {
  private let weights: [Tensor]
  private let plan: Plan
  private let cache: PreparedCache
  private let batch: Int
  private let capacity: Int
  private let forward: PlanRun
  private let signals: Signals
  /// Has no elements. Every step depends on it, so that the tape pulls its cotangent, which stands for the weights'
  /// gradients, after those of all steps.
  private var token = Tensor(zeros: [0])
  private let progress: Guarded<Progress>
  private var backward: Backward?

  private struct Progress {
    var count = 0
    /// The states that the next step starts from; nil while a step runs.
    var states: [Tensor]?
  }

  /// A chain of a layer that is one cell, from the states `[B, width]`. After a full chain it takes twice as many steps.
  init(of layer: Recurrent, from states: [Tensor], batch: Int, after last: StepChain?) {
    weights = layer.weights[0]
    plan = layer.plans[0].plan(.init(mode: .learning))
    cache = layer.caches[0]
    self.batch = batch
    capacity = last.map { $0.isFull ? 2 * $0.capacity : $0.capacity } ?? 16
    signals = Signals(plan.cell, batch: batch, steps: capacity, from: states)
    forward = PlanRun.ofSingleSteps(
      plan.forwardSchedule, batch: batch, capacity: capacity, isReversed: false,
      PlanParameters(weights, cache: cache), signals)
    progress = Guarded(Progress(states: states))
    token =
      Tensor.record(
        [token], dependingOn: weights, adding: { [self] in gather(into: &$1) })[0]
  }

  private var isFull: Bool { progress.withLock { $0.count == capacity } }

  // MARK: Forward

  /// The output and the states of the next step; nil if this chain cannot take it.
  func step(
    _ x: Tensor, _ states: [Tensor], _ weights: [Tensor]
  ) -> (output: Tensor, states: [Tensor])? {
    guard let step = claim(states, weights) else { return nil }
    signals.input.write(x.elements, step)
    forward.runStep(step)
    let output = signals.output.tensor(step)
    let next = plan.cell.states.indices.map { state in
      forward.memory.isOutput(state: state)
        ? output : forward.memory.state(state, .next, step: step)
    }
    let recorded = Tensor.record(
      [output] + next, dependingOn: [[x], states, [token]],
      adding: { [self] in pullBack(step, $0, &$1) })
    let after = Array(recorded.dropFirst())
    progress.withLock { $0.states = after }
    return (recorded[0], after)
  }

  /// The number of the step that starts from these states, if it is the next one.
  private func claim(_ states: [Tensor], _ weights: [Tensor]) -> Int? {
    guard areSame(weights, self.weights), forward.precision == Precision.current else { return nil }
    return progress.withLock { progress in
      guard progress.count < capacity, let last = progress.states, areSame(last, states) else {
        return nil
      }
      progress.states = nil
      progress.count += 1
      return progress.count - 1
    }
  }

  private func areSame(_ a: [Tensor], _ b: [Tensor]) -> Bool {
    zip(a, b).allSatisfy { $0.isSame(as: $1) }
  }

  // MARK: Backward

  private func pullBack(_ step: Int, _ cotangents: [Tensor?], _ inputs: inout Cotangents) {
    let backward = self.backward ?? Backward(of: self, from: step)
    self.backward = backward
    backward.add(step)
    backward.output.write(cotangents[0]?.elements, step)
    let memory = backward.run.memory
    let states = plan.cell.states.indices
    for state in states {
      memory.setState(state, .previous, step: step, to: cotangents[1 + state]?.elements)
    }
    backward.run.runStep(step)
    if inputs.isTracked(0) { inputs.add(backward.input.tensor(step), to: 0) }
    for state in states where inputs.isTracked(1 + state) {
      inputs.add(memory.state(state, .next, step: step), to: 1 + state)
    }
    inputs.add(Tensor(zeros: [0]), to: 1 + states.count)
  }

  /// Adds the gradients of the weights.
  private func gather(into inputs: inout Cotangents) {
    guard let backward else { return }
    self.backward = nil
    backward.finishGradients()
    for (number, gradient) in backward.gradients.enumerated() {
      inputs.add(gradient, to: number)
      inputs.finish(number)
    }
  }
}

extension StepChain {
  /// The backward pass of a chain.
  private final class Backward {
    let run: PlanRun
    /// The cotangents of the outputs and of the inputs.
    let output, input: StepRows
    /// Of the weights.
    let gradients: [Tensor]
    /// The steps that have run and are in no sum yet.
    private var steps: Range<Int>
    private var hasSums = false

    /// A pass that begins with the given step.
    init(of chain: StepChain, from last: Int) {
      let (plan, batch, count) = (chain.plan, chain.batch, last + 1)
      guard let (schedule, sources) = plan.backwardSchedule else {
        failure("a plan that does not learn has no backward pass")
      }
      output = StepRows(batch: batch, width: plan.cell.outputSize, steps: count)
      input = StepRows(batch: batch, width: plan.cell.inputSize, steps: count)
      gradients = chain.weights.map { Tensor(zeros: $0.shape) }
      run = PlanRun.ofSingleSteps(
        schedule, batch: batch, capacity: count, isReversed: true,
        PlanParameters(chain.weights, cache: chain.cache),
        BackwardSignals(
          trail: chain.forward.trail(of: plan), sources: sources, outputCotangent: output.area,
          inputCotangent: input.area, stateCotangents: plan.cell.states.map { _ in nil },
          gradients: gradients.map(\.elements)))
      steps = count..<count
    }

    /// Notes that a step is run next. One that has no cotangents is not: the steps on its two sides are summed apart.
    func add(_ step: Int) {
      if step + 1 != steps.lowerBound { sumGradients(before: step + 1) }
      steps = step..<steps.upperBound
    }

    private func sumGradients(before step: Int) {
      run.gather(steps, accumulate: hasSums)
      hasSums = true
      steps = step..<step
    }

    /// Completes the gradients; those of an empty batch are zero.
    func finishGradients() {
      sumGradients(before: 0)
      if run.memory.batch > 0 { run.finishSums() }
    }
  }
}

/// A signal of a chain, `[steps, B, width]`.
private struct StepRows {
  let batch, width: Int
  private let memory: Storage

  init(batch: Int, width: Int, steps: Int) {
    (self.batch, self.width) = (batch, width)
    memory = Storage(count: steps * batch * width)
  }

  var area: Area { Area(Floats(memory), timeStride: batch * width, rowStride: width) }

  private func rows(_ step: Int) -> Floats { Floats(memory, offset: step * batch * width) }

  /// Sets a step's rows; nil stands for zeros.
  func write(_ values: Floats?, _ step: Int) {
    copyRow(values, count: batch * width, into: rows(step))
  }

  /// A copy of a step's rows.
  func tensor(_ step: Int) -> Tensor {
    Tensor(uninitialized: [batch, width]) { copyRow(rows(step), count: batch * width, into: $0) }
  }
}

/// The signals of a chain's forward pass.
private struct Signals: PlanSignals {
  let input, output: StepRows
  let states: [Tensor]

  init(_ cell: CellGraph, batch: Int, steps: Int, from states: [Tensor]) {
    input = StepRows(batch: batch, width: cell.inputSize, steps: steps)
    output = StepRows(batch: batch, width: cell.outputSize, steps: steps)
    self.states = states
  }

  func sequence(_ index: Int) -> Area { input.area }
  func output(_ index: Int) -> Area { output.area }
  func initialState(_ index: Int) -> Floats? { states[index].elements }
  func gathered(_ index: Int) -> Floats { failure("a forward pass gathers nothing") }
}
