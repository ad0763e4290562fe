import TensorCore

/// What a recurrent layer remembers from one window of an endless sequence to the next: its states, and
/// what its gradient engine knows of the past.
///
/// ```swift
/// let memory = RecurrentMemory(of: model.rnn, engine: .rtrl, batch: 1)
/// for (x, target) in stream {                          // x [1, 1, I]: a window of one step
///   let (loss, gradients) = valueAndGradient(of: model) { model in
///     crossEntropy(model.fc(model.rnn(x, with: memory)), target)
///   }
///   optimizer.update(&model, gradients)
/// }
/// ```
///
/// The engine finds the gradients of the layer's parameters; everything above the layer is differentiated
/// as ever. What is below it, an embedding say, and every layer of a stack but the top one, learns only from
/// what reaches it within the window (``GradientEngine/bptt``) or the step (the others).
///
/// A memory is a reference, because it changes when the gradient is taken, after the loss has been returned.
/// A window that nobody differentiates is remembered as well, when the next one comes. It serves one window
/// at a time: the gradient of a window must be taken before the next one begins.
public final class RecurrentMemory: @unchecked Sendable {
  /// How gradients are found.
  public let engine: GradientEngine
  /// The number of samples that go on side by side, B.
  public let batch: Int

  let learnsInitialState: Bool
  private let zeroState: RecurrentState
  private let lock = Lock()
  private var states: [Tensor]
  private var isAtStart: [Bool]
  private var influences: [any Influence]
  /// A window whose gradient has not been taken.
  private var pending: Window?
  /// For truncated backpropagation, the inputs of the steps before the window, from these states on.
  private var history: (input: Tensor, states: [Tensor])?
  private var historyIsStart = true
  private var windowCount = 0

  /// A window under the exact plans and, for SnAp-1, under those that keep to the units.
  private struct Window {
    var pass: RecurrentPass
    var own: RecurrentPass?
  }

  /// A memory at the start of a sequence.
  ///
  /// With `learnsInitialState`, gradients are found by the initial state that a call gives, too.
  public convenience init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool = false
  ) {
    self.init(
      of: layer, engine: engine, batch: batch, learnsInitialState: learnsInitialState, signs: nil)
  }

  /// With signs of one's own, by their numbers, for ``GradientEngine/uoro(seed:)``.
  package init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool,
    signs: (@Sendable (_ draw: Int) -> Float)?
  ) {
    precondition(batch > 0, "a memory for \(batch) samples")
    precondition(
      layer.direction == .forward,
      "only a layer that reads forwards can go on from window to window")
    self.engine = engine
    self.batch = batch
    self.learnsInitialState = learnsInitialState
    zeroState = layer.zeroState(batch: batch)
    states = zeroState.tensors
    isAtStart = Array(repeating: true, count: batch)
    influences = (0..<layer.layers).compactMap { index in
      engine.influence(
        of: layer.plans[index == 0 ? 0 : 1].cell, batch: batch,
        learnsInitialState: learnsInitialState, signs: signs)
    }
  }

  /// The states after the last window. Where a sample is at the start of a sequence, they are zero.
  public var state: RecurrentState {
    lock.withLock { RecurrentState(names: zeroState.names, tensors: states) }
  }

  /// Starts new sequences: those of the given samples, or of all.
  public func reset(samples: [Int]? = nil) {
    lock.withLock {
      settle()
      for sample in samples ?? Array(0..<batch) {
        precondition(0..<batch ~= sample, "sample \(sample) of \(batch)")
        isAtStart[sample] = true
        for index in influences.indices { influences[index].forget(sample: sample) }
      }
      states = replacing(states, by: zeroState.tensors)
    }
  }

  /// The number of floats that are remembered of the past, besides the states.
  ///
  /// It does not depend on how long the sequence has been.
  public var size: Int {
    lock.withLock { influences.reduce(0) { $0 + $1.size } }
  }

  // MARK: Windows

  /// Runs a layer over the next window; returns the output and the way back.
  func run(
    _ layer: Recurrent, _ x: Tensor, _ lengths: [Int]?, from initial: [Tensor]?, learns: Bool
  ) -> (output: Tensor, pullback: (Tensor?) -> [Tensor?]) {
    lock.withLock {
      settle()
      let initialStates = replacing(states, by: initial ?? zeroState.tensors)
      let starts = isAtStart
      isAtStart = Array(repeating: false, count: batch)
      windowCount += 1
      switch engine {
      case .bptt:
        let pass = RecurrentPass(layer, x, initialStates, lengths, masks: [], learns: learns)
        states = pass.finalStates
        let noStates: [Tensor?] = states.map { _ in nil }
        return (
          pass.output, { self.withoutEarlierStarts(pass.pullback([$0] + noStates), starts) }
        )
      case .checkpointed(let count):
        let pass = SegmentedPass(
          layer, x, initialStates, lengths,
          cuts: Self.cuts(layer.steps(of: x), every: count), keepsTrails: false)
        states = pass.states[pass.states.count - 1]
        return (pass.output, { self.withoutEarlierStarts(pass.pullBack($0), starts) })
      case .tbptt(_, let reach):
        precondition(lengths == nil, "truncated backpropagation is for samples without lengths")
        return runTruncated(layer, x, initialStates, starts, reach, learns: learns)
      case .rtrl, .snap1, .uoro:
        let pass = RecurrentPass(layer, x, initialStates, lengths, masks: [], learns: true)
        let own =
          engine == .snap1
          ? RecurrentPass(
            layer, x, initialStates, lengths, masks: [], learns: true, keepsToUnits: true) : nil
        states = pass.finalStates
        pending = Window(pass: pass, own: own)
        let number = windowCount
        return (pass.output, { self.pullBack($0, window: number) })
      }
    }
  }

  private static func cuts(_ steps: Int, every count: Int) -> [Range<Int>] {
    precondition(count > 0, "checkpoints every \(count) steps")
    return stride(from: 0, to: steps, by: count).map { $0..<min($0 + count, steps) }
  }

  private func pullBack(_ cotangent: Tensor?, window: Int) -> [Tensor?] {
    lock.withLock {
      guard window == windowCount, let window = pending else {
        preconditionFailure("a window's gradient is taken once, before the next window begins")
      }
      pending = nil
      return window.pass.advance(&influences, own: window.own, outputCotangent: cotangent).all
    }
  }

  /// Remembers a window that nobody took the gradient of.
  private func settle() {
    guard let window = pending else { return }
    pending = nil
    _ = window.pass.advance(&influences, own: window.own, outputCotangent: nil)
  }

  /// A sample that came from an earlier window does not know where that one began.
  private func withoutEarlierStarts(_ cotangents: [Tensor?], _ starts: [Bool]) -> [Tensor?] {
    var cotangents = cotangents
    for index in 1...zeroState.names.count {
      cotangents[index] = cotangents[index].map {
        choosing($0, where: starts, else: Tensor(zeros: $0.shape))
      }
    }
    return cotangents
  }

  // MARK: Truncated backpropagation

  /// Runs the steps before the window again, from the states that were carried to them.
  private func runTruncated(
    _ layer: Recurrent, _ x: Tensor, _ initialStates: [Tensor], _ starts: [Bool], _ reach: Int,
    learns: Bool
  ) -> (output: Tensor, pullback: (Tensor?) -> [Tensor?]) {
    let (axis, steps) = (layer.timeAxis, layer.steps(of: x))
    precondition(steps <= reach, "a window of \(steps) steps where the way back has \(reach)")
    precondition(
      !starts.contains(true) || !starts.contains(false),
      "truncated backpropagation starts all samples anew at once")
    if starts[0] { (history, historyIsStart) = (nil, true) }
    let new = x.detached()
    let whole = history.map { concatenate([$0.input, new], along: axis) } ?? new
    let count = layer.steps(of: whole)
    // The steps that the next window of this length does not reach come first.
    let cut = max(0, min(count, count + steps - reach))
    let cuts = [0..<cut, cut..<count].filter { !$0.isEmpty }
    let pass = SegmentedPass(
      layer, whole, history?.states ?? initialStates, nil, cuts: cuts, keepsTrails: learns)
    states = pass.states[pass.states.count - 1]
    let flags = Array(repeating: historyIsStart, count: batch)
    historyIsStart = historyIsStart && cut == 0
    history =
      cut == count
      ? nil : (whole.slice(cut..<count, along: axis), pass.states[cuts.count - 1])
    return (
      pass.output.slice(count - steps..<count, along: axis),
      { cotangent in
        let earlier = pass.output.slice(0..<count - steps, along: axis)
        let padded = cotangent.map {
          count == steps ? $0 : concatenate([Tensor(zeros: earlier.shape), $0], along: axis)
        }
        var cotangents = pass.pullBack(padded)
        cotangents[0] = cotangents[0].map { $0.slice(count - steps..<count, along: axis) }
        return self.withoutEarlierStarts(cotangents, flags)
      }
    )
  }

  // MARK: Samples at the start

  /// States `[L, B, width]`, with those of the samples at the start taken from other ones.
  private func replacing(_ states: [Tensor], by others: [Tensor]) -> [Tensor] {
    guard isAtStart.contains(true) else { return states }
    return zip(states, others).map { state, other in
      choosing(other, where: isAtStart, else: state)
    }
  }

  private func choosing(_ a: Tensor, where isChosen: [Bool], else b: Tensor) -> Tensor {
    if !isChosen.contains(false) { return a.detached() }
    var result = b.detached()
    let width = a.shape[2]
    result.withUnsafeMutablePointer { target in
      for row in 0..<a.shape[0] * batch where isChosen[row % batch] {
        (target + row * width).update(from: a.readPointer + row * width, count: width)
      }
    }
    return result
  }
}

extension Recurrent {
  /// The output at every step of the next window of a sequence that a memory goes along with.
  ///
  /// Gradients are found as the memory's engine does. See ``RecurrentMemory``.
  ///
  /// - Parameters:
  ///   - x: `[T, B, I]`, or `[B, T, I]` if the layout is batch first.
  ///   - memory: Where the layer stands; it is moved on.
  ///   - initial: The states of the samples that are at the start of a sequence, zeros unless given. With a
  ///     memory that learns them they must be given.
  ///   - lengths: How many steps of each sample count, 1 to T each.
  /// - Returns: `[T, B, outputSize]` in the layout of the input.
  public func callAsFunction(
    _ x: Tensor, with memory: RecurrentMemory, startingFrom initial: RecurrentState? = nil,
    lengths: [Int]? = nil
  ) -> Tensor {
    precondition(
      x.rank == 3 && x.shape[2] == inputSize && batch(of: x) == memory.batch,
      "a sequence of shape \(x.shape) for \(inputSize) input units of \(memory.batch) samples")
    precondition(
      initial != nil || !memory.learnsInitialState, "the initial state to be learned is missing")
    if let initial { check(initial, batch: memory.batch) }
    let inputs = [x] + (initial?.tensors ?? []) + weights.flatMap { $0 }
    let window = memory.run(
      self, x, lengths, from: initial?.tensors, learns: inputs.contains { $0.isTracked })
    let stateCount = cell.states.count
    let hasInitial = initial != nil
    let pullback = window.pullback
    return Tensor.record([window.output], dependingOn: inputs) { cotangents in
      var result = pullback(cotangents[0])
      if !hasInitial { result.removeSubrange(1...stateCount) }
      return result
    }[0]
  }
}
