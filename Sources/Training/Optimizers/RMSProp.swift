import TensorCore

/// RMSProp: each weight moves by its gradient, divided by the root of the running mean of the gradient's square.
///
///     v ← α v + (1 - α) g²
///     p ← p - η g / (sqrt(v) + ε)
///
/// Weight decay adds λ p to the gradient. It is PyTorch's `RMSprop` without momentum, and the optimizer of char-rnn.
/// Its steps are tensor operations, slower than ``Adam``'s kernel. Paper: T. Tieleman and G. Hinton, Lecture 6.5,
/// Coursera, 2012.
public struct RMSProp: Optimizer {
  public static let momentNames = ["square_avg"]

  public var learningRate: Double
  /// α, the smoothing factor of the running mean.
  public var smoothing: Double
  /// ε, which avoids a division by zero.
  public var epsilon: Double
  /// λ, the multiple of the weight that is added to the gradient.
  public var weightDecay: Double
  public var state: [String: OptimizerState] = [:]

  /// An optimizer with the given options, by default PyTorch's.
  public init(
    learningRate: Double = 0.01, smoothing: Double = 0.99, epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.smoothing = smoothing
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  public func move(
    _ parameter: inout Tensor, gradient: Tensor, gradientScale: Double,
    state: inout OptimizerState
  ) {
    var gradient = gradient * Float(gradientScale)
    if weightDecay != 0 { gradient = gradient + parameter * Float(weightDecay) }
    let mean = state.moments[0] * Float(smoothing) + gradient * gradient * Float(1 - smoothing)
    parameter = parameter - gradient * Float(learningRate) / (sqrt(mean) + Float(epsilon))
    state.moments[0] = mean
  }
}
