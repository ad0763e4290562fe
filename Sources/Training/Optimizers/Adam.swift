import Requirements
import TensorCore

/// Adam: each weight moves by the running mean of its gradient, divided by the root of the running mean of its
/// square.
///
///     m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²
///     p ← p - η m / (1 - β₁ᵗ) / (sqrt(v / (1 - β₂ᵗ)) + ε)
///
/// Weight decay adds λ p to the gradient. Paper: D. Kingma and J. Ba, Adam: a method for stochastic optimization, ICLR
/// 2015.
public struct Adam: Optimizer {
  public static let momentNames = ["exp_avg", "exp_avg_sq"]

  public var learningRate: Double
  /// β₁ and β₂.
  public var betas: (Double, Double)
  /// ε, which avoids a division by zero.
  public var epsilon: Double
  /// λ, the multiple of the weight that is added to the gradient.
  public var weightDecay: Double
  public var state: [String: OptimizerState] = [:]

  /// An optimizer with the given options, by default PyTorch's.
  public init(
    learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  public func move(
    _ parameter: inout Tensor, gradient: Tensor, gradientScale: Double,
    state: inout OptimizerState
  ) {
    state.adamStep(
      AdamSettings(learningRate, betas, epsilon, weightDecay: weightDecay), &parameter,
      gradient: gradient, gradientScale: gradientScale)
  }
}

/// ``Adam`` with decoupled weight decay: `p ← (1 - η λ) p`, instead of a term in the gradient.
///
/// Paper: I. Loshchilov and F. Hutter, Decoupled weight decay regularization, ICLR 2019.
public struct AdamW: Optimizer {
  public static let momentNames = Adam.momentNames

  public var learningRate: Double
  /// β₁ and β₂.
  public var betas: (Double, Double)
  /// ε, which keeps the quotient finite.
  public var epsilon: Double
  /// λ, the share by which a weight shrinks in a step with learning rate 1.
  public var weightDecay: Double
  public var state: [String: OptimizerState] = [:]

  /// PyTorch's defaults.
  public init(
    learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0.01
  ) {
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  public func move(
    _ parameter: inout Tensor, gradient: Tensor, gradientScale: Double,
    state: inout OptimizerState
  ) {
    state.adamStep(
      AdamSettings(learningRate, betas, epsilon, decoupledDecay: weightDecay), &parameter,
      gradient: gradient, gradientScale: gradientScale)
  }
}

extension AdamSettings {
  /// The settings that are equal in all steps.
  fileprivate init(
    _ learningRate: Double, _ betas: (Double, Double), _ epsilon: Double, weightDecay: Double = 0,
    decoupledDecay: Double = 0
  ) {
    self.init()
    self.learningRate = learningRate
    (beta1, beta2) = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decoupledDecay = decoupledDecay
  }
}

extension OptimizerState {
  /// The step of Adam and AdamW, with bias correction.
  fileprivate mutating func adamStep(
    _ settings: AdamSettings, _ parameter: inout Tensor, gradient: Tensor, gradientScale: Double
  ) {
    var settings = settings
    settings.biasCorrection1 = 1 - power(settings.beta1, Double(step))
    settings.biasCorrection2SquareRoot = (1 - power(settings.beta2, Double(step))).squareRoot()
    settings.gradientScale = gradientScale
    TensorCore.adamStep(
      settings, gradient: gradient, parameter: &parameter, moments: &moments)
  }
}
