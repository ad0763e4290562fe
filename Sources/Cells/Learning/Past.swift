import Requirements
import TensorCore

/// The content of a ``RecurrentMemory``, and how its engine advances over a window.
final class Past {
  /// From a cotangent of the window's output to those of the input, the initial states and the parameters.
  typealias Pullback = (Tensor?) -> [Tensor?]

  /// The start of a window.
  struct Start {
    /// The states before the window, those of samples at the start of a sequence included.
    var states: [Tensor]
    /// The states of all samples that are at the start of a sequence.
    var initial: [Tensor]
    /// Which samples are at the start of a sequence.
    var samples: [Bool]
    /// Whether the initial states are parameters of the layer, read by its steps, so that every engine computes
    /// their gradients.
    var isLearned: Bool
  }

  /// A window whose gradient has not been taken: its pass and, for SnAp-1, its pass under plans that omit the
  /// influence of units on each other.
  private struct Window {
    var pass: RecurrentPass
    var own: RecurrentPass?
    var input: InputCotangent
  }

  let engine: GradientEngine
  let batch: Int
  let learnsInitialState: Bool
  let zeroState: RecurrentState
  let inputSize: Int
  let timeAxis: Int
  var states: [Tensor]
  var isAtStart: [Bool]
  var influences: [any Influence]
  /// The steps before the window, for truncated backpropagation.
  var history: TruncatedHistory?
  var mostBytesKept = 0
  private var pending: Window?
  private var windowCount = 0

  init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool,
    signs: (@Sendable (_ index: Int) -> Float)?
  ) {
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

  var state: RecurrentState { zeroState.replaced(by: states) }

  /// The number of floats besides the states.
  var size: Int { influences.reduce(0) { $0 + $1.size } + (history?.input?.count ?? 0) }

  func reset(samples: [Int]) {
    finishPendingWindow()
    for sample in samples {
      require(0..<batch ~= sample, "expected samples in 0..<\(batch), found \(sample)")
      isAtStart[sample] = true
      for index in influences.indices { influences[index].reset(sample: sample) }
    }
    states = replacing(states, by: zeroState.tensors)
  }

  // MARK: Windows

  /// Runs a layer over the next window; returns the output and the pullback, which changes the memory.
  func run(
    _ layer: Recurrent, _ x: Tensor, _ marks: StepMarks, from initial: [Tensor]?,
    _ mode: PassMode, of memory: RecurrentMemory
  ) -> (output: Tensor, pullback: Pullback) {
    finishPendingWindow()
    let start = start(
      from: initial ?? zeroState.tensors,
      isLearned: initial == nil && layer.options.learnsInitialState)
    windowCount += 1
    var marks = marks
    if start.isLearned, !engine.isTruncated {
      marks.startSequences(of: start.samples, steps: layer.steps(of: x))
    }
    switch engine {
    case .bptt: return runWhole(layer, x, marks, start, mode)
    case .checkpointed(let count):
      return runInSegments(layer, x, marks, start, every: count, of: memory)
    case .tbptt(_, let reach): return runTruncated(layer, x, marks, start, reach, mode)
    case .rtrl, .snap1, .uoro: return runForward(layer, x, marks, start, of: memory)
    }
  }

  /// The start of the next window. After it no sample is at the start of a sequence.
  private func start(from initial: [Tensor], isLearned: Bool) -> Start {
    let start = Start(
      states: replacing(states, by: initial), initial: initial, samples: isAtStart,
      isLearned: isLearned)
    isAtStart = Array(repeating: false, count: batch)
    return start
  }

  private func runWhole(
    _ layer: Recurrent, _ x: Tensor, _ marks: StepMarks, _ start: Start, _ mode: PassMode
  ) -> (output: Tensor, pullback: Pullback) {
    let pass = RecurrentPass(layer, x, start.states, marks, mode)
    states = pass.finalStates
    mostBytesKept = max(mostBytesKept, pass.trailByteCount)
    let noStates: [Tensor?] = states.map { _ in nil }
    let input = InputCotangent(isTracked: x.isTracked)
    return (
      pass.output,
      {
        Self.withoutEarlierStarts(
          pass.pullBack([$0] + noStates, input), noStates.count, start.samples)
      }
    )
  }

  private func runInSegments(
    _ layer: Recurrent, _ x: Tensor, _ marks: StepMarks, _ start: Start, every count: Int,
    of memory: RecurrentMemory
  ) -> (output: Tensor, pullback: Pullback) {
    let pass = SegmentedPass(
      layer, x, start.states, marks,
      cuts: Self.cuts(layer.steps(of: x), every: count, batch: batch), .inference)
    states = pass.states[pass.states.count - 1]
    let stateCount = states.count
    return (
      pass.output,
      { cotangent in
        var kept = 0
        let cotangents = pass.pullBack(cotangent) { kept = max(kept, $0) }
        kept += pass.stateByteCount
        memory.withPast { $0.mostBytesKept = max($0.mostBytesKept, kept) }
        return Self.withoutEarlierStarts(cotangents, stateCount, start.samples)
      }
    )
  }

  private func runForward(
    _ layer: Recurrent, _ x: Tensor, _ marks: StepMarks, _ start: Start,
    of memory: RecurrentMemory
  ) -> (output: Tensor, pullback: Pullback) {
    func run(_ mode: PassMode) -> RecurrentPass {
      RecurrentPass(layer, x, start.states, marks, mode, padding: .skipped(.everyStep))
    }
    let pass = run(.learning)
    let own = engine == .snap1 ? run(.learningWithinUnits) : nil
    states = pass.finalStates
    mostBytesKept = max(mostBytesKept, pass.trailByteCount)
    pending = Window(pass: pass, own: own, input: InputCotangent(isTracked: x.isTracked))
    let number = windowCount
    return (pass.output, { cotangent in memory.withPast { $0.pullBack(cotangent, number) } })
  }

  /// Segments of whole blocks, with at least `count` steps each.
  private static func cuts(_ steps: Int, every count: Int, batch: Int) -> [Range<Int>] {
    let block = PlanRun.stepsInBlock(batch: batch)
    let whole = (max(1, count) + block - 1) / block * block
    return stride(from: 0, to: steps, by: whole).map { $0..<min($0 + whole, steps) }
  }

  /// The cotangents of the window of that number, from the cotangent of its output.
  private func pullBack(_ cotangent: Tensor?, _ number: Int) -> [Tensor?] {
    guard number == windowCount, let window = pending else {
      failure("a window's gradient is taken once, before the next window begins")
    }
    pending = nil
    return advance(window, cotangent).all
  }

  /// Advances over a window whose gradient was not taken.
  func finishPendingWindow() {
    guard let window = pending else { return }
    pending = nil
    _ = advance(window, nil)
  }

  private func advance(
    _ window: Window, _ cotangent: Tensor?
  ) -> RecurrentPass.Cotangents {
    window.pass.advance(
      &influences, own: window.own, outputCotangent: cotangent, window.input,
      learnsInitialState: learnsInitialState)
  }

  // MARK: Samples at the start

  /// The cotangents with zeros for the initial states of samples that started in an earlier window.
  static func withoutEarlierStarts(
    _ cotangents: [Tensor?], _ stateCount: Int, _ starts: [Bool]
  ) -> [Tensor?] {
    var cotangents = cotangents
    for index in 1...stateCount {
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
      Self.choosing(other, where: isAtStart, else: state)
    }
  }

  static func choosing(_ a: Tensor, where isChosen: [Bool], else b: Tensor) -> Tensor {
    if !isChosen.contains(false) { return a.detached() }
    let result = b.storage.copy(0..<b.count)
    let (width, batch) = (a.shape[2], isChosen.count)
    for row in 0..<a.shape[0] * batch where isChosen[row % batch] {
      result.copy(row * width..<(row + 1) * width, of: a.storage, to: row * width)
    }
    return Tensor(storage: result, shape: b.shape)
  }
}
