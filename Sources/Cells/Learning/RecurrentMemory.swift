import Requirements
import TensorCore

/// What a recurrent layer remembers from one window of an endless sequence to the next: its states, and
/// what its gradient engine knows of the past.
///
/// ```swift
/// let memory = try RecurrentMemory(of: model.rnn, engine: .rtrl, batch: 1)
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
/// what reaches it within the window or, with ``GradientEngine/snap1`` and ``GradientEngine/uoro(seed:)``, within
/// the step.
///
/// A memory is a reference, because it changes when the gradient is taken, after the loss has been returned.
/// A window that nobody differentiates is remembered as well, when the next one comes. It serves one window
/// at a time: the gradient of a window must be taken before the next one begins. It may be sent between
/// threads because the lock guards all that changes.
public final class RecurrentMemory: @unchecked Sendable {
  /// How gradients are found.
  public let engine: GradientEngine
  /// The number of samples that go on side by side, B.
  public let batch: Int

  let learnsInitialState: Bool
  let zeroState: RecurrentState
  let inputSize: Int
  let timeAxis: Int
  let lock = Lock()
  var states: [Tensor]
  var isAtStart: [Bool]
  var influences: [any Influence]
  /// A window whose gradient has not been taken.
  private var pending: Window?
  /// The steps before the window, for truncated backpropagation.
  var history: TruncatedHistory?
  private var windowCount = 0
  private var mostKept = 0

  /// A window under the exact plans and, for SnAp-1, under those that keep to the units.
  private struct Window {
    var pass: RecurrentPass
    var own: RecurrentPass?
  }

  /// A memory at the start of a sequence.
  ///
  /// With `learnsInitialState`, gradients are found by the initial state that a call gives, too.
  ///
  /// - Throws: ``UnsuitableEngine`` where the layer does not read forwards, a number of steps is out of range,
  ///   or the engine would have to remember more than `byteLimit` bytes.
  public convenience init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool = false,
    byteLimit: Int = GradientEngine.defaultByteLimit
  ) throws(UnsuitableEngine) {
    try engine.validate(
      for: layer, batch: batch, learnsInitialState: learnsInitialState, byteLimit: byteLimit)
    self.init(
      of: layer, engine: engine, batch: batch, learnsInitialState: learnsInitialState, signs: nil)
  }

  /// With signs of one's own, by their numbers, for ``GradientEngine/uoro(seed:)``.
  package init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool,
    signs: (@Sendable (_ draw: Int) -> Float)?
  ) {
    require(batch > 0, "expected a memory for one sample or more, found \(batch)")
    self.engine = engine
    self.batch = batch
    self.learnsInitialState = learnsInitialState
    zeroState = layer.zeroState(batch: batch).detached()
    inputSize = layer.inputSize
    timeAxis = layer.timeAxis
    states = zeroState.tensors
    isAtStart = Array(repeating: true, count: batch)
    influences = (0..<layer.layers).compactMap { index in
      engine.influence(
        of: layer.learningCell(ofLayer: index), batch: batch,
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
        require(0..<batch ~= sample, "expected samples in 0..<\(batch), found \(sample)")
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
    lock.withLock {
      influences.reduce(0) { $0 + $1.size } + (history?.input?.count ?? 0)
    }
  }

  /// The most bytes that a window has kept for its way back, its input and output aside.
  package var mostBytesKept: Int { lock.withLock { mostKept } }

  // MARK: Windows

  /// Runs a layer over the next window; returns the output and the way back.
  func run(
    _ layer: Recurrent, _ x: Tensor, _ lengths: [Int]?, _ resets: [[Int]]?,
    from initial: [Tensor]?, learns: Bool
  ) -> (output: Tensor, pullback: (Tensor?) -> [Tensor?]) {
    lock.withLock {
      settle()
      // Learned initial states are parameters of the step, so that every engine finds their gradient.
      let startsAreLearned = initial == nil && layer.options.learnsInitialState
      let initial = initial ?? zeroState.tensors
      let initialStates = replacing(states, by: initial)
      let starts = isAtStart
      isAtStart = Array(repeating: false, count: batch)
      windowCount += 1
      var marks = StepMarks(
        lengths: lengths, resets: resets, steps: layer.steps(of: x), batch: batch)
      if startsAreLearned, !engine.isTruncated {
        marks.startSequences(of: starts, steps: layer.steps(of: x))
      }
      switch engine {
      case .bptt:
        let pass = RecurrentPass(layer, x, initialStates, marks, learns: learns)
        states = pass.finalStates
        if learns { mostKept = max(mostKept, pass.trailByteCount) }
        let noStates: [Tensor?] = states.map { _ in nil }
        return (
          pass.output, { self.withoutEarlierStarts(pass.pullback([$0] + noStates), starts) }
        )
      case .checkpointed(let count):
        let pass = SegmentedPass(
          layer, x, initialStates, marks,
          cuts: Self.cuts(layer.steps(of: x), every: count, batch: batch), keepsTrails: false)
        states = pass.states[pass.states.count - 1]
        return (pass.output, { self.pullBack($0, pass, starts) })
      case .tbptt(_, let reach):
        return runTruncated(
          layer, x, marks, from: initial, initialStates, starts, reach,
          startsAreLearned: startsAreLearned, learns: learns)
      case .rtrl, .snap1, .uoro:
        let pass = RecurrentPass(layer, x, initialStates, marks, learns: true)
        let own =
          engine == .snap1
          ? RecurrentPass(
            layer, x, initialStates, marks, learns: true, keepsToUnits: true) : nil
        states = pass.finalStates
        mostKept = max(mostKept, pass.trailByteCount)
        pending = Window(pass: pass, own: own)
        let number = windowCount
        return (pass.output, { self.pullBack($0, window: number) })
      }
    }
  }

  /// Segments of whole blocks, with at least `count` steps each.
  private static func cuts(_ steps: Int, every count: Int, batch: Int) -> [Range<Int>] {
    let block = PlanRun.stepsInBlock(batch: batch)
    let whole = (max(1, count) + block - 1) / block * block
    return stride(from: 0, to: steps, by: whole).map { $0..<min($0 + whole, steps) }
  }

  private func pullBack(_ cotangent: Tensor?, _ pass: SegmentedPass, _ starts: [Bool]) -> [Tensor?]
  {
    var kept = 0
    let cotangents = pass.pullBack(cotangent) { kept = max(kept, $0) }
    kept += pass.stateByteCount
    lock.withLock { mostKept = max(mostKept, kept) }
    return withoutEarlierStarts(cotangents, starts)
  }

  private func pullBack(_ cotangent: Tensor?, window: Int) -> [Tensor?] {
    lock.withLock {
      guard window == windowCount, let window = pending else {
        failure("a window's gradient is taken once, before the next window begins")
      }
      pending = nil
      return window.pass.advance(
        &influences, own: window.own, outputCotangent: cotangent,
        learnsInitialState: learnsInitialState
      ).all
    }
  }

  /// Remembers a window that nobody took the gradient of.
  func settle() {
    guard let window = pending else { return }
    pending = nil
    _ = window.pass.advance(
      &influences, own: window.own, outputCotangent: nil, learnsInitialState: learnsInitialState)
  }

  // MARK: Samples at the start

  /// A sample that came from an earlier window does not know where that one began.
  func withoutEarlierStarts(_ cotangents: [Tensor?], _ starts: [Bool]) -> [Tensor?] {
    var cotangents = cotangents
    for index in 1...zeroState.names.count {
      cotangents[index] = cotangents[index].map {
        choosing($0, where: starts, else: Tensor(zeros: $0.shape))
      }
    }
    return cotangents
  }

  /// States `[L, B, width]`, with those of the samples at the start taken from other ones.
  private func replacing(_ states: [Tensor], by others: [Tensor]) -> [Tensor] {
    guard isAtStart.contains(true) else { return states }
    return zip(states, others).map { state, other in
      choosing(other, where: isAtStart, else: state)
    }
  }

  func choosing(_ a: Tensor, where isChosen: [Bool], else b: Tensor) -> Tensor {
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
