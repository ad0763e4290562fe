import Requirements
import TensorCore

/// Sets random units to zero in training, and scales the others so that the mean stays.
///
/// Paper: N. Srivastava et al., Dropout, JMLR 15, 2014.
public struct Dropout: Sendable, Hashable, Codable {
  /// The share of the units that is dropped, in `0..<1`.
  public var probability: Float

  /// Drops the given share of the units.
  public init(_ probability: Float) {
    require(
      probability >= 0 && probability < 1, "expected a dropout in 0..<1, found \(probability)")
    self.probability = probability
  }

  /// Drops random units of a tensor of any shape, for training. Inference omits the call.
  public func callAsFunction(
    _ x: Tensor, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    guard probability > 0 else { return x }
    let mask = dropoutMask(count: x.count, probability: probability, using: &generator)
    return x * Tensor(storage: mask, shape: x.shape)
  }
}
