import Datasets
import Models
import Requirements
import TensorCore

extension BatchValue {
  /// The mean loss of a model's outputs over these targets, without ignored ones: cross-entropy of logits for classes,
  /// squared error for numbers.
  func loss(of outputs: Tensor, labelSmoothing: Double = 0) -> Tensor {
    switch self {
    case .tokens(let padded):
      crossEntropy(outputs, padded.ids, labelSmoothing: labelSmoothing)
    case .labels(let ids): crossEntropy(outputs, ids, labelSmoothing: labelSmoothing)
    case .features(let padded): squaredError(outputs, padded.values)
    case .vectors(let values, _): squaredError(outputs, values)
    }
  }

  /// The number of targets that are not ignored.
  var countedTargets: Int {
    switch self {
    case .tokens(let padded): padded.ids.count { $0 >= 0 }
    case .labels(let ids): ids.count { $0 >= 0 }
    case .features(let padded): padded.values.count { !$0.isNaN }
    case .vectors(let values, _): values.count { !$0.isNaN }
    }
  }

  /// The targets for a decoder.
  func decoderTokens(tokenCount: Int) -> DecoderTokens {
    guard case .tokens(let padded) = self else {
      failure("a model that writes has sequences of tokens as targets")
    }
    return DecoderTokens(padded, tokenCount: tokenCount)
  }
}

/// The mean of (y - target)² over the targets that are not NaN; 0 if all are. Differentiable with respect to the
/// outputs.
///
/// - Parameters:
///   - outputs: any shape.
///   - targets: a number for each output, row-major; NaN to ignore one.
public func squaredError(_ outputs: Tensor, _ targets: [Float]) -> Tensor {
  require(
    targets.count == outputs.count,
    "\(targets.count) targets do not fit outputs of shape \(outputs.shape)")
  let counted = targets.count { !$0.isNaN }
  let error = outputs - Tensor(targets.map { $0.isNaN ? 0 : $0 }, shape: outputs.shape)
  if counted == targets.count { return (error * error).mean() }
  let mask = Tensor(targets.map { $0.isNaN ? Float(0) : 1 }, shape: outputs.shape)
  return (error * error * mask).sum() * (1 / Float(max(1, counted)))
}
