import Requirements
import TensorCore

/// Batch normalization with the statistics of training, which do not change: an affine map of each unit.
///
///     y = (x - running_mean) / sqrt(running_var + ε) * weight + bias
///
/// Steps and samples are independent, so that a stream has the bits of the whole. `weight` and `bias`, `[H]`, are parameters under
/// PyTorch's names; the statistics of `BatchNorm1d`, `running_mean` and `running_var`, are constants.
///
/// S. Ioffe and C. Szegedy, Batch normalization, ICML 2015.
public struct FrozenBatchNorm: Module {
  /// The scale of each unit.
  public var weight: Tensor
  /// The shift of each unit.
  public var bias: Tensor
  /// The mean of each unit in training.
  public let mean: Tensor
  /// The variance of each unit in training.
  public let variance: Tensor
  /// ε, which keeps the quotient finite.
  public let epsilon: Float

  /// A layer with the statistics and weights of training, each `[H]`.
  public init(
    mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, epsilon: Float = 1e-5
  ) {
    require(
      mean.rank == 1 && [variance, weight, bias].allSatisfy { $0.shape == mean.shape },
      "expected statistics and weights [H], found \(mean.shape), \(variance.shape), "
        + "\(weight.shape) and \(bias.shape)")
    (self.mean, self.variance, self.epsilon) = (mean, variance, epsilon)
    (self.weight, self.bias) = (weight, bias)
  }

  /// Maps `[..., H]` to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    require(
      x.rank > 0 && x.shape[x.rank - 1] == weight.count,
      "expected [..., \(weight.count)], found shape \(x.shape)")
    return (x - mean) / sqrt(variance + epsilon) * weight + bias
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }
}
