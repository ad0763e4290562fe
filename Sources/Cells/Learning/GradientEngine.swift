/// How the gradient of a recurrent layer is computed on a sequence that is longer than a window.
///
/// In a stack of layers, the real-time engines are exact for the top layer. The layers below it get their
/// gradient through the window only, without the influence that the layers above carry from before it.
/// <doc:LearningInRealTime> has the figures.
public enum GradientEngine: Sendable, Hashable, Codable {
  /// Backpropagation through the window: exact inside it; the states before it count as constants.
  case bptt

  /// Gradient checkpointing: backpropagation through the window that saves the states of every `every`-th step
  /// only and recomputes those between: with every √T-th of T steps, memory falls to about √T of T.
  ///
  /// The same gradient as ``bptt``, to the bit, or within rounding where samples have lengths. To that end the number
  /// of steps is rounded up to whole blocks in which weight gradients are summed: of 256 / B steps for a batch of B
  /// samples.
  case checkpointed(every: Int)

  /// Truncated backpropagation: the backward pass of a window of `every` steps goes through `through` steps,
  /// the window's own and those before it.
  ///
  /// The earlier steps are recomputed with the present parameters, from the states before them; their inputs
  /// count as constants.
  case tbptt(every: Int, through: Int)

  /// Real-time recurrent learning: exact over everything since the start of the sequence, in memory that
  /// does not grow with it.
  ///
  /// Where the recurrence is elementwise (``CellGraph/hasElementwiseRecurrence``) it costs O(parameters)
  /// memory and about a forward and backward step of time. A dense recurrence of H units costs O(H³) memory
  /// and, on average, O(H³) time a step: up to about 100 units. Of windows of one step every few have a product
  /// of O(H⁴) in common, for which the last of them takes longer.
  case rtrl

  /// Real-time recurrent learning that follows the influence of each parameter on its own unit only:
  /// O(parameters) memory for every cell, biased unless the recurrence is elementwise.
  case snap1

  /// Unbiased online recurrent optimization: an estimate of the exact gradient from random signs, with
  /// O(parameters) memory for every cell. Its mean is exact, its variance is large: take small steps.
  case uoro(seed: UInt64)
}

/// A gradient engine that a layer cannot learn with.
public enum UnsuitableEngine: Error, Hashable, CustomStringConvertible {
  /// The engine needs more memory than its limit.
  case tooLarge(bytes: Int, limit: Int)
  /// The layer reads in reverse or in both directions, so it cannot continue from window to window.
  case notForward
  /// A number of steps that is out of range.
  case steps(name: String, expected: String, found: Int)
  /// The layer samples random masks in training, which the engine does not support.
  case random(String)
  /// The cell has more states of one width than ``GradientEngine/snap1`` follows.
  case tooManyStates(count: Int, limit: Int)

  /// One line that says what was expected and what was found.
  public var description: String {
    switch self {
    case .tooLarge(let bytes, let limit):
      "the influence matrices: expected at most \(limit) bytes, found that they need \(bytes)"
    case .notForward: "direction: expected a forward layer, found another one"
    case .random(let name):
      "\(name): expected 0 for an engine that samples no random masks, found more"
    case .steps(let name, let expected, let found): "\(name): expected \(expected), found \(found)"
    case .tooManyStates(let count, let limit):
      "states of one width: expected at most \(limit), found \(count)"
    }
  }
}

extension GradientEngine {
  /// The default limit of the bytes that an engine may need: 1 GiB.
  public static let defaultByteLimit = 1 << 30

  /// The bytes that the engine needs for the influence of a layer's parameters on its states; 0 for engines that
  /// backpropagate.
  ///
  /// Dense ``rtrl`` needs `5/4 (B + 1) (S + 1) P` floats a layer for a batch of B, S units of all states and P
  /// parameters; the others need O(P) for each sample. `Int.max` stands for all larger numbers.
  public func byteCount(
    for layer: Recurrent, batch: Int, learnsInitialState: Bool = false
  ) -> Int {
    var floats = 0
    for index in 0..<layer.layers {
      let cell = layer.learningCell(ofLayer: index)
      let (states, parameters) = (cell.stateSize, cell.parameterCount)
      let columns = parameters + (learnsInitialState ? states : 0)
      let own = cell.states.count
      switch self {
      case .bptt, .checkpointed, .tbptt: break
      case .rtrl where cell.exactUnitMap == nil:
        let matrix = product(states + 1, columns)
        let deferred = DeferredSteps.memorySize(ofMatrix: matrix)
        floats = sum(floats, product(sum(batch, 1), sum(matrix, deferred)))
      case .rtrl, .snap1:
        floats = sum(floats, sum(product(batch, own * columns), (own + 1) * columns))
      case .uoro: floats = sum(floats, sum(product(batch, states + columns), 2 * columns))
      }
    }
    return product(floats, MemoryLayout<Float>.stride)
  }

  /// Checks that a layer can learn with the engine.
  ///
  /// - Throws: ``UnsuitableEngine`` if the layer is not a forward one or samples random masks, a number of steps is
  ///   out of range, or the engine needs more than `byteLimit` bytes.
  public func validate(
    for layer: Recurrent, batch: Int, learnsInitialState: Bool = false,
    byteLimit: Int = GradientEngine.defaultByteLimit
  ) throws(UnsuitableEngine) {
    guard layer.direction == .forward else { throw .notForward }
    if let name = layer.firstRandomOption { throw .random(name) }
    switch self {
    case .checkpointed(let count) where count < 1:
      throw .steps(name: "steps between checkpoints", expected: "at least 1", found: count)
    case .tbptt(let window, _) where window < 1:
      throw .steps(name: "steps of a window", expected: "at least 1", found: window)
    case .tbptt(let window, let reach) where reach < window:
      throw .steps(
        name: "steps of the backward pass", expected: "at least the window's \(window)",
        found: reach)
    case .snap1:
      let count = layer.cell.mostStatesOfOneWidth
      guard count <= TracePiece.mostStates else {
        throw .tooManyStates(count: count, limit: TracePiece.mostStates)
      }
    default: break
    }
    let bytes = byteCount(for: layer, batch: batch, learnsInitialState: learnsInitialState)
    guard bytes <= byteLimit else { throw .tooLarge(bytes: bytes, limit: byteLimit) }
  }

  /// Whether a window's gradient needs nothing of earlier windows but their last states.
  var staysInWindow: Bool {
    switch self {
    case .bptt, .checkpointed: true
    case .tbptt, .rtrl, .snap1, .uoro: false
    }
  }

  /// Whether steps before the window are recomputed.
  var isTruncated: Bool { if case .tbptt = self { true } else { false } }

  private func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }

  private func sum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }
}
