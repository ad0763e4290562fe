import TensorCore

/// Stochastic gradient descent, optionally with momentum.
///
///     v ← μ v + g + λ p
///     p ← p - η v,   or with Nesterov's momentum   p ← p - η (g + λ p + μ v)
///
/// As in PyTorch with a dampening of 0. Paper: I. Sutskever et al., On the importance of
/// initialization and momentum in deep learning, ICML 2013.
public struct SGD: Optimizer {
  public static let momentNames = ["momentum"]

  public var learningRate: Double
  /// μ, the momentum factor.
  public var momentum: Double
  /// λ, the multiple of the weight that is added to the gradient.
  public var weightDecay: Double
  /// Whether to use Nesterov's momentum.
  public var usesNesterov: Bool
  public var state: [String: OptimizerState] = [:]

  /// An optimizer with the given options; without momentum by default.
  public init(
    learningRate: Double, momentum: Double = 0, weightDecay: Double = 0,
    usesNesterov: Bool = false
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.usesNesterov = usesNesterov
  }

  public func move(
    _ parameter: inout Tensor, gradient: Tensor, gradientScale: Double,
    state: inout OptimizerState
  ) {
    sgdStep(
      learningRate: Float(learningRate), momentum: Float(momentum),
      weightDecay: Float(weightDecay), nesterov: usesNesterov,
      gradientScale: Float(gradientScale), gradient: gradient, parameter: &parameter,
      velocity: &state.moments[0])
  }
}
