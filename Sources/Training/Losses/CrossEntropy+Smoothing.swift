import TensorCore

/// The cross-entropy with label smoothing: a share ε of each target's probability is spread over all classes,
///
///     (1 - ε) (-log p_target) + ε / V Σ_c (-log p_c)
///
/// averaged over the positions that are not ignored, as in PyTorch's `cross_entropy` with `label_smoothing`.
/// C. Szegedy et al., Rethinking the Inception architecture, CVPR 2016.
///
/// - Parameters:
///   - logits: `[.., V]`.
///   - targets: a class for each position; negative to ignore the position.
///   - labelSmoothing: ε, from 0 to below 1.
public func crossEntropy(
  _ logits: Tensor, _ targets: [Int32], labelSmoothing: Double
) -> Tensor {
  let loss = crossEntropy(logits, targets)
  guard labelSmoothing > 0 else { return loss }
  let counts = targets.map { $0 >= 0 ? Float(1) : 0 }
  let counted = max(1, counts.reduce(0, +))
  let spread = -logSoftmax(logits).mean(along: -1).reshaped(to: [targets.count])
  let smooth = (spread * Tensor(counts)).sum() * (1 / counted)
  return loss * Float(1 - labelSmoothing) + smooth * Float(labelSmoothing)
}
