import Requirements
import TensorCore

/// Normalises the last axis to mean 0 and variance 1, then scales and shifts each unit.
///
///     y = (x - mean) / sqrt(variance + ε) * weight + bias
///
/// Parameters: `weight [H]`, ones at first, and `bias [H]`, zeros at first, as in PyTorch.
///
/// Paper: J. Ba, J. Kiros and G. Hinton, Layer normalization, 2016.
public struct LayerNorm: Module {
  /// The scale of each unit.
  public var weight: Tensor
  /// The shift of each unit.
  public var bias: Tensor
  /// ε, which keeps the quotient finite.
  public let epsilon: Float

  /// For `size` units.
  public init(size: Int, epsilon: Float = 1e-5) {
    require(size > 0, "expected a positive number of units, found \(size)")
    weight = Tensor(ones: [size])
    bias = Tensor(zeros: [size])
    self.epsilon = epsilon
  }

  /// Maps `[..., H]` to `[..., H]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let centered = x - x.mean(along: -1, keepingAxes: true)
    let variance = (centered * centered).mean(along: -1, keepingAxes: true)
    return centered / sqrt(variance + epsilon) * weight + bias
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }
}
