import TensorCore

/// An optimizer: updates parameters by their gradients.
///
/// ```swift
/// var optimizer = Adam(learningRate: 0.01)
/// let (loss, gradients) = valueAndGradient(of: model) { crossEntropy($0(x), y) }
/// optimizer.update(&model, with: gradients)
/// ```
///
/// A conforming type defines the update of one parameter and the names of its state tensors, which are created, saved
/// and loaded automatically.
public protocol Optimizer: Sendable {
  /// The names of the state tensors of each parameter, as in PyTorch.
  static var momentNames: [String] { get }

  /// The learning rate; schedules change it between updates.
  var learningRate: Double { get set }

  /// The weight decay, as the optimizer defines it; groups of parameters may have their own.
  var weightDecay: Double { get set }

  /// The state by parameter name; empty before the first update.
  var state: [String: OptimizerState] { get set }

  /// Updates one parameter.
  ///
  /// - Parameters:
  ///   - parameter: the parameter.
  ///   - gradient: its gradient, to be multiplied by `gradientScale` first.
  ///   - gradientScale: 1, or less if the gradients are clipped.
  ///   - state: the parameter's state; its `step` includes this update.
  func move(
    _ parameter: inout Tensor, gradient: Tensor, gradientScale: Double,
    state: inout OptimizerState)
}

/// The optimizer state of one parameter.
public struct OptimizerState: Sendable {
  /// The number of updates.
  public var step: UInt64
  /// One tensor of the parameter's shape for each of the rule's ``Optimizer/momentNames``.
  public var moments: [Tensor]

  /// A state of the given step count and tensors.
  public init(step: UInt64, moments: [Tensor]) {
    self.step = step
    self.moments = moments
  }
}

extension Optimizer {
  /// Updates all parameters of a model by one step.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - gradients: one for each of its parameters.
  ///   - maximumNorm: the largest norm of all gradients together; larger ones are scaled down to it, as by PyTorch's
  ///     `clip_grad_norm_`; nil for no limit.
  ///   - groups: parameter groups with their own settings; frozen parameters are excluded from the norm.
  /// - Returns: the norm before clipping; nil without a limit, since the norm is then not computed.
  @discardableResult
  public mutating func update(
    _ model: inout some Module, with gradients: Gradients, maximumNorm: Double? = nil,
    groups: [ParameterGroup] = []
  ) -> Double? {
    let norm = maximumNorm.map { _ in groups.norm(of: gradients) }
    apply(gradients, to: &model, scale: clippingScale(norm ?? 0, to: maximumNorm), groups: groups)
    return norm
  }

  /// Updates all parameters of a model by one step, with gradients multiplied by `scale`.
  mutating func apply(
    _ gradients: Gradients, to model: inout some Module, scale: Double, groups: [ParameterGroup]
  ) {
    var state = state
    self.state = [:]
    // A rule without state: each of its tensors is held once, so that it is changed in place.
    let rule = self
    model.updateParameters(with: gradients) { name, parameter, gradient in
      let shape = gradient.shape
      func advance(by rule: Self) {
        rule.advance(
          &parameter, gradient, scale,
          &state[
            name,
            default: OptimizerState(
              step: 0, moments: Self.momentNames.map { _ in Tensor(zeros: shape) })])
      }
      guard let group = groups.group(of: name) else { return advance(by: rule) }
      if !group.isFrozen { advance(by: rule.adjusted(to: group)) }
    }
    self.state = state
  }

  /// The rule with a group's settings.
  private func adjusted(to group: ParameterGroup) -> Self {
    var rule = self
    rule.learningRate *= group.learningRateScale
    rule.weightDecay = group.weightDecay ?? rule.weightDecay
    return rule
  }

  private func advance(
    _ parameter: inout Tensor, _ gradient: Tensor, _ scale: Double, _ state: inout OptimizerState
  ) {
    state.step += 1
    move(&parameter, gradient: gradient, gradientScale: scale, state: &state)
  }
}

/// The factor that scales gradients with this norm to a norm of at most `maximum`.
func clippingScale(_ norm: Double, to maximum: Double?) -> Double {
  // The small number, which avoids a division by zero, is PyTorch's.
  maximum.map { min(1, $0 / (norm + 1e-6)) } ?? 1
}

extension [ParameterGroup] {
  /// The norm of the gradients of all trainable parameters.
  func norm(of gradients: Gradients) -> Double {
    guard contains(where: \.isFrozen) else { return gradients.norm }
    let moving = zip(gradients.names, gradients.values).filter { group(of: $0.0)?.isFrozen != true }
    return Gradients(moving.map { (name: $0.0, value: $0.1) }).norm
  }
}
