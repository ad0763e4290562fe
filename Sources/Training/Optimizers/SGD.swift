import TensorCore

/// Stochastic gradient descent, with momentum if asked for.
///
///     v ← μ v + g + λ p
///     p ← p - η v,   or with Nesterov's momentum   p ← p - η (g + λ p + μ v)
///
/// As in PyTorch with a dampening of 0. Paper: I. Sutskever et al., On the importance of
/// initialization and momentum in deep learning, ICML 2013.
public struct SGD: Optimizer {
  public static let momentNames = ["momentum"]

  public var learningRate: Double
  /// μ, the share of the velocity that is kept.
  public var momentum: Double
  /// λ, how much of the weight is added to the gradient.
  public var weightDecay: Double
  /// Whether the gradient is taken, to first order, where the momentum will have led.
  public var usesNesterov: Bool
  public var state: [String: OptimizerState] = [:]

  /// Plain descent unless momentum is given.
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
    var velocity = state.moments.removeLast()
    sgdStep(
      learningRate: Float(learningRate), momentum: Float(momentum),
      weightDecay: Float(weightDecay), nesterov: usesNesterov,
      gradientScale: Float(gradientScale), gradient: gradient, parameter: &parameter,
      velocity: &velocity)
    state.moments.append(velocity)
  }
}
