import Cells
import TensorCore

/// Learns from an endless stream: every observation is foretold, compared with what came, and learned from
/// at once.
///
/// ```swift
/// let model = StreamPredictor(IndRNN(), inputSize: 1, hiddenSize: 32, outputSize: 1, using: &generator)
/// var learner = try OnlineLearner(model, engine: .rtrl, optimizer: Adam(learningRate: 1e-3))
/// while let (x, target) = stream.next() {              // x [1, 1], target [1, 1]
///   let observation = learner.observe(x, target)       // what it foretold, and how wrong that was
/// }
/// try learner.save(to: "learner.rnnz")
/// ```
///
/// With a real-time engine it learns from everything since the start of the stream in memory that does
/// not grow (``memory``'s `size`). It owns its memory: copies of a learner share it, so go on with one of them.
public struct OnlineLearner<Model: StreamingModel>: Sendable {
  /// What one observation came to.
  public struct Observation: Sendable {
    /// The model's output before it learned from the observation.
    public let output: Tensor
    /// How far that was from the target.
    public let loss: Double
    /// The norm of the gradients before clipping; nil where there is no limit to it.
    public let gradientNorm: Double?
  }

  /// The model as the last observation left it.
  public internal(set) var model: Model
  /// The rule by which the model's parameters follow their gradients; its step size may be changed.
  public var optimizer: any Optimizer
  /// What is remembered of the stream.
  public let memory: RecurrentMemory
  /// The largest norm of an observation's gradients; nil for no limit.
  public let maximumNorm: Double?
  /// How many observations have been made.
  public internal(set) var count = 0

  /// A learner at the start of its stream.
  ///
  /// - Parameters:
  ///   - model: what learns.
  ///   - engine: how gradients are found; `.rtrl`, `.snap1` and `.uoro` learn from all that has been.
  ///   - optimizer: the rule of learning.
  ///   - batch: how many streams go on side by side.
  ///   - maximumNorm: the largest norm of an observation's gradients; nil for no limit.
  /// - Throws: `UnsuitableEngine` where the model's layer cannot learn with the engine.
  public init(
    _ model: Model, engine: GradientEngine, optimizer: some Optimizer, batch: Int = 1,
    maximumNorm: Double? = nil
  ) throws(UnsuitableEngine) {
    self.model = model
    self.optimizer = optimizer
    self.maximumNorm = maximumNorm
    memory = try RecurrentMemory(of: model.recurrent, engine: engine, batch: batch)
  }

  /// Learns to give numbers, by the mean square of the difference.
  ///
  /// - Parameters:
  ///   - x: one step `[B, I]`, or a window of several in the layout of the model's layer.
  ///   - target: of the shape of the output.
  @discardableResult
  public mutating func observe(_ x: Tensor, _ target: Tensor) -> Observation {
    observe(x) { output in
      let difference = output - target
      return (difference * difference).mean()
    }
  }

  /// Learns to name classes, by the cross-entropy.
  ///
  /// - Parameters:
  ///   - x: one step `[B, I]`, or a window of several in the layout of the model's layer.
  ///   - classes: one for each row of logits; a negative one does not count.
  @discardableResult
  public mutating func observe(_ x: Tensor, _ classes: [Int32]) -> Observation {
    observe(x) { crossEntropy($0, classes) }
  }

  /// Learns by a loss of one's own: a scalar, from the output, which has as many axes as the input.
  @discardableResult
  public mutating func observe(_ x: Tensor, loss: (Tensor) -> Tensor) -> Observation {
    let window = x.rank == 2 ? x.reshaped(to: windowShape(of: x)) : x
    let (scalar, output, gradients) = valueAndGradient(of: model) { model in
      var output = model(window, with: memory)
      if x.rank == 2 { output = output.reshaped(to: [x.shape[0], output.shape[2]]) }
      return (loss(output), output)
    }
    let norm = optimizer.update(&model, with: gradients, maximumNorm: maximumNorm)
    count += 1
    return Observation(
      output: output.detached(), loss: Double(scalar.scalar), gradientNorm: norm)
  }

  /// Starts new streams: the given ones, or all. What was learned stays.
  public func reset(streams: [Int]? = nil) { memory.reset(samples: streams) }

  private func windowShape(of x: Tensor) -> [Int] {
    model.recurrent.layout == .timeFirst
      ? [1, x.shape[0], x.shape[1]] : [x.shape[0], 1, x.shape[1]]
  }
}
