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
  private var pending: RecurrentPass?
  private var windowCount = 0

  /// A memory at the start of a sequence.
  ///
  /// With `learnsInitialState`, gradients are found by the initial state that a call gives, too.
  public init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool = false
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
    influences =
      engine == .bptt
      ? []
      : (0..<layer.layers).map { index in
        DenseInfluence(
          layer.plans[index == 0 ? 0 : 1].cell, batch: batch,
          learnsInitialState: learnsInitialState)
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
      let isOnline = !influences.isEmpty
      let pass = RecurrentPass(
        layer, x, initialStates, lengths, masks: [], learns: learns || isOnline)
      let starts = isAtStart
      states = pass.finalStates
      isAtStart = Array(repeating: false, count: batch)
      windowCount += 1
      if isOnline { pending = pass }
      let number = windowCount
      return (pass.output, { self.pullBack(pass, $0, window: number, starts: starts) })
    }
  }

  private func pullBack(
    _ pass: RecurrentPass, _ cotangent: Tensor?, window: Int, starts: [Bool]
  ) -> [Tensor?] {
    lock.withLock {
      if influences.isEmpty {
        var cotangents = pass.pullback([cotangent] + pass.finalStates.map { _ in nil })
        // A sample that came from an earlier window does not know where that one began.
        for index in 1...states.count {
          cotangents[index] = cotangents[index].map { keeping($0, where: starts) }
        }
        return cotangents
      }
      precondition(
        pending != nil && window == windowCount,
        "a window's gradient is taken once, before the next window begins")
      pending = nil
      return pass.advance(&influences, outputCotangent: cotangent).all
    }
  }

  /// Remembers a window that nobody took the gradient of.
  private func settle() {
    guard let pass = pending else { return }
    pending = nil
    _ = pass.advance(&influences, outputCotangent: nil)
  }

  // MARK: Samples at the start

  /// States `[L, B, width]`, with those of the samples at the start taken from other ones.
  private func replacing(_ states: [Tensor], by others: [Tensor]) -> [Tensor] {
    guard isAtStart.contains(true) else { return states }
    return zip(states, others).map { state, other in
      choosing(other, where: isAtStart, else: state)
    }
  }

  private func keeping(_ cotangent: Tensor, where isKept: [Bool]) -> Tensor {
    choosing(cotangent, where: isKept, else: Tensor(zeros: cotangent.shape))
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
