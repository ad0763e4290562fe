import TensorCore
import Testing

/// Expects every element within `tolerance` times the largest expected magnitude (at least `floor`).
func expectClose(
  _ found: [Float], _ expected: [Float], within tolerance: Float, floor: Float = 1e-3,
  _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count else {
    Issue.record(
      "\(name): \(found.count) elements, expected \(expected.count)",
      sourceLocation: sourceLocation)
    return
  }
  let scale = expected.reduce(floor) { max($0, abs($1)) }
  let worst = zip(found, expected).enumerated().max { a, b in
    distance(a.element.0, a.element.1) < distance(b.element.0, b.element.1)
  }
  guard let worst, !(distance(worst.element.0, worst.element.1) <= tolerance * scale) else {
    return
  }
  Issue.record(
    "\(name)[\(worst.offset)] is \(worst.element.0), expected \(worst.element.1), largest \(scale)",
    sourceLocation: sourceLocation)
}

private func distance(_ a: Float, _ b: Float) -> Float {
  let difference = abs(a - b)
  return difference.isNaN ? .infinity : difference
}

/// `Σ tensor · cotangent` over all pairs, as a differentiable scalar.
func weightedSum(_ tensors: [Tensor], _ cotangents: [Tensor]) -> Tensor {
  var sum: Double = 0
  for (tensor, cotangent) in zip(tensors, cotangents) {
    for (a, b) in zip(tensor.scalars, cotangent.scalars) { sum += Double(a) * Double(b) }
  }
  return Tensor.record([Tensor(Float(sum))], dependingOn: tensors) { upstream in
    upstream[0] == nil ? cotangents.map { _ in nil } : cotangents.map { $0 }
  }[0]
}
