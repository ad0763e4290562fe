import Requirements
import TensorCore

/// The affine map `y = x Wᵀ + b` of the last axis.
///
/// Parameters: `weight [out, in]` and `bias [out]`, as in PyTorch.
public struct Linear: Module {
  /// The matrix, `[out, in]`.
  public var weight: Tensor
  /// The offset, `[out]`, if there is one.
  public var bias: Tensor?

  /// A map with weights and offsets sampled uniformly from ±1/sqrt(in).
  public init(
    inputSize: Int, outputSize: Int, bias: Bool = true,
    using generator: inout some RandomNumberGenerator
  ) {
    self.init(inputSize: inputSize, outputSize: outputSize, bias: bias)
    initialize(using: &generator)
  }

  /// A map whose weights and offsets are declared, to be initialized or loaded.
  public init(inputSize: Int, outputSize: Int, bias: Bool = true) {
    require(
      inputSize > 0 && outputSize > 0,
      "expected positive sizes, found a linear map from \(inputSize) to \(outputSize) units")
    weight = Tensor(parameter: [outputSize, inputSize], .uniform(fanIn: inputSize))
    self.bias = bias ? Tensor(parameter: [outputSize], .uniform(fanIn: inputSize)) : nil
  }

  /// A map with the given matrix `[out, in]` and offset `[out]`.
  public init(weight: Tensor, bias: Tensor?) {
    require(
      weight.rank == 2 && bias?.shape ?? [weight.shape[0]] == [weight.shape[0]],
      "expected weights [out, in] and a bias [out], found \(weight.shape) and \(bias?.shape ?? [])")
    self.weight = weight
    self.bias = bias
  }

  /// Maps `[..., in]` to `[..., out]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { affine(x, weight: weight, bias: bias) }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }
}
