import Requirements
import TensorCore

/// A table with one row of numbers for each token.
///
/// Parameter: `weight [V, E]`, as in PyTorch.
public struct Embedding: Module {
  /// The table, `[V, E]`.
  public var weight: Tensor

  /// A table for `count` tokens with `size` numbers each, sampled from a standard normal distribution.
  public init(count: Int, size: Int, using generator: inout some RandomNumberGenerator) {
    self.init(count: count, size: size)
    initialize(using: &generator)
  }

  /// A table whose rows are declared, to be initialized or loaded.
  public init(
    count: Int, size: Int, initializer: some ParameterInitializer = .normal
  ) {
    require(
      count > 0 && size > 0,
      "expected positive sizes, found an embedding of \(count) tokens by \(size) numbers")
    weight = Tensor(parameter: [count, size], initializer)
  }

  /// A table with the given rows, `[V, E]`.
  public init(weight: Tensor) {
    require(weight.rank == 2, "expected weights of the shape [V, E], found \(weight.shape)")
    self.weight = weight
  }

  /// The rows of the tokens: ids of a shape, `[T, B]` say, give `[T, B, E]`.
  ///
  /// Every id must be in `0..<V`.
  public func callAsFunction(_ tokens: [Int32], shape: [Int]) -> Tensor {
    weight.gatheringRows(tokens, shape: shape)
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
  }
}
