import Requirements
import TensorCore

/// Steps of a cell that a tape records one after the other, each from the states that the one before it returned.
///
/// They are run like the steps of a layer's sequence: in one memory, in which the states' cotangents go from step to step,
/// and with weight gradients that are summed over all of them at the end of the backward pass. A step that continues no
/// chain, or a full one, starts another.
///
/// `@unchecked Sendable`: threads may record at the same time, since a step's memory is written only by the thread that
/// claimed the step, under a lock; a tape's backward pass runs on one thread. The tape owns the chain.
final class StepChain: RecordedSteps, @unchecked Sendable {
  private let weights: [Tensor]
  private let plan: Plan
  private let cache: PreparedCache
  private let batch: Int
  private let capacity: Int
  private let forward: PlanRun
  private let signals: SingleStepSignals
  private let states: [State]
  /// Has no elements. Every step depends on it, so that the tape pulls its cotangent, which stands for the weights'
  /// gradients, after those of all steps.
  private var token = Tensor(zeros: [0])
  private let progress: Guarded<Progress>
  @exclusivity(unchecked) private var backward: Backward?
  /// What the states hold that a step returns.
  let link = Link()

  /// A weak reference to a chain, which is copied as a strong one to the link: that is cheaper. `@unchecked Sendable`: it
  /// is set once, before anyone else has it.
  final class Link: @unchecked Sendable {
    fileprivate(set) weak var chain: StepChain?
  }

  private struct State {
    let shape: [Int]
    /// Whether it is the output, with memory in its rows.
    let isOutput: Bool

    var count: Int { shape[0] * shape[1] }
  }

  private struct Progress {
    var count = 0
    /// The states that the next step starts from; nil while a step runs.
    var states: [Tensor]?
  }

  /// A chain of a layer that is one cell, from the states `[B, width]`. After a full chain it takes twice as many steps.
  init(of layer: Recurrent, _ x: Tensor, from states: [Tensor], after last: StepChain?) {
    weights = layer.weights[0]
    plan = layer.plans[0].plan(.init(mode: .learning))
    cache = layer.caches[0]
    batch = x.shape[0]
    let schedule = plan.forwardSchedule
    capacity =
      last.map { $0.isFull ? 2 * $0.capacity : $0.capacity }
      ?? Self.capacity(floats: schedule.keptWidth * batch)
    signals = SingleStepSignals(plan.cell, batch: batch, steps: capacity, from: states)
    let forward = PlanRun.ofSingleSteps(
      schedule, batch: batch, capacity: capacity, isReversed: false,
      PlanParameters(weights, cache: cache), signals)
    self.forward = forward
    self.states = states.indices.map {
      State(shape: states[$0].shape, isOutput: forward.memory.isOutput(state: $0))
    }
    progress = Guarded(Progress(states: states))
    token =
      Tensor.record(
        [token], dependingOn: weights + [x] + states, adding: { [self] in gather(into: &$1) })[0]
    link.chain = self
  }

  /// The capacity of a first chain: a megabyte, for steps of that size, within limits.
  private static func capacity(floats: Int) -> Int { min(64, max(16, 1 << 18 / max(1, floats))) }

  private var isFull: Bool { progress.withLock { $0.count == capacity } }

  // MARK: Forward

  /// The output and the states of the next step; nil if this chain cannot take it.
  func step(
    _ x: Tensor, _ states: [Tensor], _ weights: [Tensor]
  ) -> (output: Tensor, states: [Tensor])? {
    guard let step = claim(states, weights) else { return nil }
    signals.input.write(x.elements, step)
    forward.runStep(step)
    var output = signals.output.tensor(step)
    var next: [Tensor] = []
    next.reserveCapacity(states.count)
    for (number, state) in self.states.enumerated() {
      next.append(
        state.isOutput
          ? output : copy(forward.memory.rows(ofState: number, .next, step: step), state))
    }
    Tensor.record(
      step, of: self, &output, &next, dependingOn: x, token, step == 0 ? states : [])
    progress.withLock { $0.states = next }
    return (output, next)
  }

  private func copy(_ rows: Floats, _ state: State) -> Tensor {
    Tensor(uninitialized: state.shape) { copyRow(rows, count: state.count, into: $0) }
  }

  /// The number of the step that starts from these states, if it is the next one.
  private func claim(_ states: [Tensor], _ weights: [Tensor]) -> Int? {
    guard weights.areSame(as: self.weights), forward.precision == Precision.current else {
      return nil
    }
    return progress.withLock { progress in
      guard progress.count < capacity, let last = progress.states, last.areSame(as: states)
      else {
        return nil
      }
      progress.states = nil
      progress.count += 1
      return progress.count - 1
    }
  }

  // MARK: Backward

  func pullBack(_ step: Int, _ cotangents: inout Cotangents) {
    guard let backward = backward(from: step, &cotangents) else { return }
    backward.output.write(cotangents.takeOutput(0)?.elements, step)
    for (number, state) in states.enumerated() {
      let given = cotangents.takeOutput(1 + number)?.elements
      let rows = backward.run.memory.rows(ofState: number, .previous, step: step)
      if step == backward.last {
        copyRow(given, count: state.count, into: rows)
      } else if let given {
        // The next step's share is there already.
        addRows(given, stride: 0, rows: 1, width: state.count, to: rows, stride: 0)
      }
    }
    backward.run.runStep(step)
    if cotangents.isTracked(0) { cotangents.add(backward.input.tensor(step), to: 0) }
    guard step == 0 else { return }
    for (number, state) in states.enumerated() where cotangents.isTracked(2 + number) {
      let rows = backward.run.memory.rows(ofState: number, .next, step: step)
      cotangents.add(copy(rows, state), to: 2 + number)
    }
  }

  /// The backward pass, which begins with the last step whose outputs have cotangents.
  private func backward(from step: Int, _ cotangents: inout Cotangents) -> Backward? {
    if let backward { return backward }
    guard cotangents.hasOutputs else { return nil }
    cotangents.add(Tensor(zeros: [0]), to: 1)
    let new = Backward(of: self, from: step)
    backward = new
    return new
  }

  /// Adds the gradients of the weights.
  private func gather(into inputs: inout Cotangents) {
    guard let backward else { return }
    self.backward = nil
    backward.sumGradients()
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
    /// The step that it begins with.
    let last: Int
    /// The cotangents of the outputs and of the inputs.
    let output, input: SignalRows
    /// Of the weights.
    let gradients: [Tensor]

    init(of chain: StepChain, from last: Int) {
      let (plan, batch, count) = (chain.plan, chain.batch, last + 1)
      guard let backward = plan.backwardSchedule else {
        failure("a plan that does not learn has no backward pass")
      }
      self.last = last
      output = SignalRows(batch: batch, width: plan.cell.outputSize, steps: count)
      input = SignalRows(batch: batch, width: plan.cell.inputSize, steps: count)
      gradients = chain.weights.map {
        batch > 0 ? Tensor(uninitialized: $0.shape) : Tensor(zeros: $0.shape)
      }
      run = PlanRun.ofSingleSteps(
        backward.schedule, batch: batch, capacity: count, isReversed: true,
        PlanParameters(chain.weights, cache: chain.cache),
        BackwardSignals(
          trail: chain.forward.trail(of: plan), sources: backward.sources,
          outputCotangent: output.area,
          inputCotangent: input.area, stateCotangents: plan.cell.states.map { _ in nil },
          gradients: gradients.map(\.elements)))
    }

    /// Computes the gradients; those of an empty batch are zero.
    func sumGradients() {
      if run.memory.batch == 0 { return }
      run.gather(0..<last + 1)
      run.finishSums()
    }
  }
}
