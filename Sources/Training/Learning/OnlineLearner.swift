import Cells
import TensorCore

/// Trains a model on an endless stream: each observation is predicted, compared with the target, and trained on
/// immediately.
///
/// ```swift
/// let model = StreamPredictor(IndRNN(), inputSize: 1, hiddenSize: 32, outputSize: 1, using: &generator)
/// var learner = try OnlineLearner(model, engine: .rtrl, optimizer: Adam(learningRate: 1e-3))
/// while let (x, target) = stream.next() {              // x [1, 1], target [1, 1]
///   let observation = learner.observe(x, target)       // the prediction and its loss
/// }
/// try learner.save(to: "learner.rnnz")
/// ```
///
/// With a real-time engine it learns from the whole stream so far in constant memory (``memory``'s `size`). Copies of
/// a learner share the memory, so use only one of them.
public struct OnlineLearner<Model: StreamingModel>: Sendable {
  /// The result of one observation.
  public struct Observation: Sendable {
    /// The model's output before training on the observation.
    public let output: Tensor
    /// The loss of the output.
    public let loss: Double
    /// The norm of the gradients before clipping; nil if gradients are not clipped.
    public let gradientNorm: Double?
  }

  /// The model after the last observation.
  public internal(set) var model: Model
  /// The optimizer; its learning rate may be changed.
  public var optimizer: any Optimizer
  /// The gradient engine's memory of the stream.
  public let memory: RecurrentMemory
  /// The largest norm of an observation's gradients; nil for no limit.
  public let maximumNorm: Double?
  /// The number of observations so far.
  public internal(set) var count = 0

  /// A learner at the start of its stream.
  ///
  /// - Parameters:
  ///   - model: the model to train.
  ///   - engine: the gradient engine; `.rtrl`, `.snap1` and `.uoro` learn from the whole stream so far.
  ///   - optimizer: the optimizer.
  ///   - batch: the number of parallel streams.
  ///   - maximumNorm: the largest norm of an observation's gradients; nil for no limit.
  /// - Throws: `UnsuitableEngine` if the engine can't train the model's layer.
  public init(
    _ model: Model, engine: GradientEngine, optimizer: some Optimizer, batch: Int = 1,
    maximumNorm: Double? = nil
  ) throws(UnsuitableEngine) {
    self.model = model
    self.optimizer = optimizer
    self.maximumNorm = maximumNorm
    memory = try RecurrentMemory(of: model.recurrent, engine: engine, batch: batch)
  }

  /// Trains on target numbers, with the mean squared error.
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

  /// Trains on target classes, with the cross-entropy.
  ///
  /// - Parameters:
  ///   - x: one step `[B, I]`, or a window of several in the layout of the model's layer.
  ///   - classes: one for each row of logits; negative ones are ignored.
  @discardableResult
  public mutating func observe(_ x: Tensor, _ classes: [Int32]) -> Observation {
    observe(x) { crossEntropy($0, classes) }
  }

  /// Trains with any loss: a scalar computed from the output, which has the rank of the input.
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

  /// Starts new streams: the given ones, or all. Keeps the trained parameters.
  public func reset(streams: [Int]? = nil) { memory.reset(samples: streams) }

  private func windowShape(of x: Tensor) -> [Int] {
    model.recurrent.layout == .timeFirst
      ? [1, x.shape[0], x.shape[1]] : [x.shape[0], 1, x.shape[1]]
  }
}
