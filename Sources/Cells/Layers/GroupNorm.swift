import Requirements
import TensorCore

/// Normalises groups of units over all steps of a sequence to mean 0 and variance 1, then scales and shifts each unit.
///
///     y = (x - mean) / sqrt(variance + ε) * weight + bias
///
/// Mean and variance are those of one sample and one group, over all its steps and units: what PyTorch's `GroupNorm`
/// computes for `[B, H, T]`. One unit a group is instance normalisation (`InstanceNorm1d` with `affine=True`). A
/// stream cannot be normalised block by block, since every step counts in the mean: ``LayerNorm`` is for streams.
///
/// Parameters: `weight [H]`, ones at first, and `bias [H]`, zeros at first, as in PyTorch.
///
/// Papers: Y. Wu and K. He, Group normalization, 2018; D. Ulyanov, A. Vedaldi and V. Lempitsky, Instance
/// normalization: the missing ingredient for fast stylization, 2016.
public struct GroupNorm: Module {
  /// The scale of each unit.
  public var weight: Tensor
  /// The shift of each unit.
  public var bias: Tensor
  /// The number of groups.
  public let groups: Int
  /// ε, which keeps the quotient finite.
  public let epsilon: Float

  /// For `size` units in `groups` groups of neighbours.
  public init(size: Int, groups: Int, epsilon: Float = 1e-5) {
    require(
      size > 0 && groups > 0 && size.isMultiple(of: groups),
      "expected a positive number of units that the groups divide, found \(size) in \(groups)")
    (weight, bias) = (Tensor(ones: [size]), Tensor(zeros: [size]))
    (self.groups, self.epsilon) = (groups, epsilon)
  }

  /// Maps a sequence `[T, B, H]` to `[T, B, H]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let size = weight.shape[0]
    require(
      x.rank == 3 && x.shape[2] == size && x.shape[0] > 0,
      "expected a sequence [T, B, \(size)], found shape \(x.shape)")
    let grouped = x.reshaped(to: [x.shape[0], x.shape[1], groups, size / groups])
    let centered = grouped - grouped.mean(along: 0, 3, keepingAxes: true)
    let variance = (centered * centered).mean(along: 0, 3, keepingAxes: true)
    return (centered / sqrt(variance + epsilon)).reshaped(to: x.shape) * weight + bias
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }
}
