import TensorCore

/// A rule by which parameters follow their gradients.
///
/// ```swift
/// var optimizer = Adam(learningRate: 0.01)
/// let (loss, gradients) = valueAndGradient(of: model) { crossEntropy($0(x), y) }
/// optimizer.update(&model, with: gradients)
/// ```
///
/// A rule of one's own says how one parameter moves and which tensors it remembers for it; they are
/// made, saved and loaded for it.
public protocol Optimizer: Sendable {
  /// The names of the tensors that it remembers for each parameter, as PyTorch calls them.
  static var momentNames: [String] { get }

  /// The step size; schedules change it between updates.
  var learningRate: Double { get set }

  /// How much weights shrink, in the rule's own sense; groups of parameters may have their own.
  var weightDecay: Double { get set }

  /// What it remembers, by the parameter's name; nothing before the first update.
  var state: [String: OptimizerState] { get set }

  /// Moves one parameter.
  ///
  /// - Parameters:
  ///   - parameter: the one that moves.
  ///   - gradient: of the parameter's shape, to be multiplied by `gradientScale` first.
  ///   - gradientScale: 1, or less where the gradients are clipped.
  ///   - state: the parameter's own; its `step` counts this update already.
  func move(
    _ parameter: inout Tensor, gradient: Tensor, gradientScale: Double,
    state: inout OptimizerState)
}

/// What an optimizer remembers for one parameter.
public struct OptimizerState: Sendable {
  /// The number of updates.
  public var step: UInt64
  /// One tensor of the parameter's shape for each of the rule's ``Optimizer/momentNames``.
  public var moments: [Tensor]

  /// Given updates and tensors.
  public init(step: UInt64, moments: [Tensor]) {
    self.step = step
    self.moments = moments
  }
}

extension Optimizer {
  /// Moves all parameters of a model by one step.
  ///
  /// - Parameters:
  ///   - model: the one whose parameters move.
  ///   - gradients: one for each of its parameters.
  ///   - maximumNorm: Where the Euclidean norm of all gradients together is larger, they are
  ///     scaled down to it, as PyTorch's `clip_grad_norm_` does; nil for no limit.
  ///   - groups: parameters that learn in their own way; frozen ones don't count for the norm.
  /// - Returns: the norm before clipping; nil where there is no limit, and so nothing to find it out for.
  @discardableResult
  public mutating func update(
    _ model: inout some Module, with gradients: Gradients, maximumNorm: Double? = nil,
    groups: [ParameterGroup] = []
  ) -> Double? {
    let norm = maximumNorm.map { _ in groups.norm(of: gradients) }
    apply(gradients, to: &model, scale: clippingScale(norm ?? 0, to: maximumNorm), groups: groups)
    return norm
  }

  /// Moves all parameters of a model by one step, with gradients that are multiplied by `scale` first.
  mutating func apply(
    _ gradients: Gradients, to model: inout some Module, scale: Double, groups: [ParameterGroup]
  ) {
    let rule = self
    var state = state
    self.state = [:]  // so that each tensor is held once and is changed in place
    model.updateParameters(with: gradients) { name, parameter, gradient in
      var rule = rule
      if let group = groups.group(of: name) {
        if group.isFrozen { return }
        rule.learningRate *= group.learningRateScale
        rule.weightDecay = group.weightDecay ?? rule.weightDecay
      }
      var own =
        state.removeValue(forKey: name)
        ?? OptimizerState(
          step: 0, moments: Self.momentNames.map { _ in Tensor(zeros: parameter.shape) })
      own.step += 1
      rule.move(&parameter, gradient: gradient, gradientScale: scale, state: &own)
      state[name] = own
    }
    self.state = state
  }
}

/// What gradients of a norm are multiplied by so that the norm is at most `maximum`.
func clippingScale(_ norm: Double, to maximum: Double?) -> Double {
  // The small number keeps the quotient finite; it is PyTorch's.
  maximum.map { min(1, $0 / (norm + 1e-6)) } ?? 1
}

extension [ParameterGroup] {
  /// The norm of the gradients of all parameters that are not frozen.
  func norm(of gradients: Gradients) -> Double {
    guard contains(where: \.isFrozen) else { return gradients.norm }
    let moving = zip(gradients.names, gradients.values).filter { group(of: $0.0)?.isFrozen != true }
    return Gradients(moving.map { (name: $0.0, value: $0.1) }).norm
  }
}
