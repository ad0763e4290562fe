import Requirements
import TensorCore

/// The memory that a recurrent layer carries from one window of an endless sequence to the next: its states, and
/// the data of its gradient engine.
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
/// The engine computes the gradients of the layer's parameters; everything above the layer is differentiated as
/// usual. Everything below it, an embedding say, and every layer of a stack but the top one, learns only from
/// gradients within the window or, with ``GradientEngine/snap1`` and ``GradientEngine/uoro(seed:)``, within
/// the step.
///
/// A memory is a reference, because it changes when the gradient is taken, after the loss has been returned.
/// A window that is not differentiated advances the memory as well, when the next one begins. It serves one window
/// at a time: the gradient of a window must be taken before the next one begins, and two threads that give it
/// windows at the same time stop with a message. ``state`` and ``size`` can be read from any thread.
public final class RecurrentMemory: Sendable {
  /// The gradient engine.
  public let engine: GradientEngine
  /// The batch size, B.
  public let batch: Int

  let learnsInitialState: Bool

  private struct Content {
    /// The content; nil while a call uses it.
    var past: Past?
    // Copies of the values of `past`, as the last call left them.
    var state: RecurrentState
    var size: Int
    var mostBytesKept = 0
  }

  private let content: Guarded<Content>

  /// A memory at the start of a sequence.
  ///
  /// With `learnsInitialState`, calls also give gradients with respect to the initial state passed to them.
  ///
  /// - Throws: ``UnsuitableEngine`` if the layer is not a forward one or samples random masks, a number of steps is
  ///   out of range, or the engine needs more than `byteLimit` bytes.
  public convenience init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool = false,
    byteLimit: Int = GradientEngine.defaultByteLimit
  ) throws(UnsuitableEngine) {
    try engine.validate(
      for: layer, batch: batch, learnsInitialState: learnsInitialState, byteLimit: byteLimit)
    self.init(
      of: layer, engine: engine, batch: batch, learnsInitialState: learnsInitialState, signs: nil)
  }

  /// With given signs, by index, for ``GradientEngine/uoro(seed:)``.
  package init(
    of layer: Recurrent, engine: GradientEngine, batch: Int, learnsInitialState: Bool,
    signs: (@Sendable (_ index: Int) -> Float)?
  ) {
    require(batch > 0, "expected a memory for one sample or more, found \(batch)")
    self.engine = engine
    self.batch = batch
    self.learnsInitialState = learnsInitialState
    let past = Past(
      of: layer, engine: engine, batch: batch, learnsInitialState: learnsInitialState, signs: signs)
    content = Guarded(Content(past: past, state: past.state, size: past.size))
  }

  /// The states after the last window; zero for samples at the start of a sequence.
  public var state: RecurrentState { content.withLock { $0.state } }

  /// The number of floats that the engine carries, besides the states.
  ///
  /// It does not grow with the sequence.
  public var size: Int { content.withLock { $0.size } }

  /// How the parameters of a layer move its states after the last window, `∂s/∂θ`: a column for each parameter, then for
  /// each initial unit if they are learned. It has a row for each unit of each state or, where the engine follows each
  /// parameter's influence on its own unit only, for each state. Nil for engines that store no such matrix.
  package func influence(ofLayer layer: Int, sample: Int) -> Tensor? {
    withPast { past in
      past.finishPendingWindow()
      return layer < past.influences.count ? past.influences[layer].matrix(ofSample: sample) : nil
    }
  }

  /// The most bytes of activations that a window has saved for its backward pass, besides its input and output.
  package var mostBytesKept: Int { content.withLock { $0.mostBytesKept } }

  /// Starts new sequences: those of the given samples, or of all.
  public func reset(samples: [Int]? = nil) {
    withPast { past in past.reset(samples: samples ?? Array(0..<batch)) }
  }

  /// Calls `body` with exclusive access to the content. No lock is held meanwhile, so `body` may take long.
  func withPast<Result, Failure: Error>(
    _ body: (Past) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let past = content.withLock({ $0.past.take() }) else {
      failure("a memory serves one window at a time, and another thread works on it")
    }
    defer {
      content.withLock { content in
        (content.state, content.size) = (past.state, past.size)
        content.mostBytesKept = past.mostBytesKept
        content.past = past
      }
    }
    return try body(past)
  }
}
