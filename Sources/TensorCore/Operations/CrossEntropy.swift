import Requirements

/// The mean of -log softmax(logits)[target] over all positions: the loss of a classifier, in nats.
///
/// - Parameters:
///   - logits: [.., V], unnormalized log-probabilities.
///   - targets: a class in `0..<V` for each position of the other axes, in row-major order. Positions with a
///     negative target are ignored.
/// - Returns: a scalar; 0 if all positions are ignored. Differentiable in the logits.
public func crossEntropy(_ logits: Tensor, _ targets: [Int32]) -> Tensor {
  let width = logits.shape.last ?? 0
  let rows = targets.count
  require(
    logits.rank > 0 && logits.count == rows * width,
    "\(rows) targets do not fit logits of shape \(logits.shape)")
  // Both go over several targets at a time, which checks for overflow would prevent.
  let largest = targets.reduce(-1) { max($0, $1) }
  let counted = rows &- targets.reduce(0) { $0 &+ ($1 < 0 ? 1 : 0) }
  require(
    largest < width, "the target \(largest) is no class of logits of shape \(logits.shape)")
  let scale = counted == 0 ? 0 : 1 / Float(counted)
  let tape = Tape.tracking(logits)
  let losses = Storage(count: rows)
  let gradient = tape.map { _ in Storage(count: logits.count) }
  crossEntropyRows(
    logits.elements, width: width, targets, into: Floats(losses),
    gradient: gradient.map { Floats($0) }, scale: scale)
  let total = sum(Floats(losses), count: rows)
  let y = Tensor(counted == 0 ? 0 : Float(total / Double(counted)))
  guard let tape, let gradient else { return y }
  let shape = logits.shape
  return tape.record(y, logits) { cotangent, inputs in
    let (gradient, factor) = (Tensor(storage: gradient, shape: shape), cotangent.scalar)
    inputs.add(factor == 1 ? gradient : gradient * factor, to: 0)
  }
}
