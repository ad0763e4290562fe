import Datasets
import Requirements

extension Likelihood {
  /// The least standard deviation, in units of the column's.
  private static let leastDeviation = 1e-3
  /// The least dispersion of counts.
  private static let leastDispersion = 1e-5

  /// The least mean of counts, in units of the column's.
  private static let leastShare = 1e-6

  /// The distribution that outputs say: in the samples' scale, but counts as they are.
  func distribution(_ outputs: ArraySlice<Float>, _ column: Column) -> PredictiveDistribution {
    let o = outputs.map { Double($0) }
    switch self {
    case .gaussian:
      return .gaussian(mean: o[0], deviation: softplus(o[1]) + Self.leastDeviation)
    case .student:
      return .student(
        location: o[0], scale: softplus(o[1]) + Self.leastDeviation, freedom: 2 + softplus(o[2]))
    case .negativeBinomial:
      return .negativeBinomial(
        mean: column.usualCount * (softplus(o[0]) + Self.leastShare),
        dispersion: softplus(o[1]) + Self.leastDispersion)
    }
  }

  /// -log p of a target in the samples' scale, and its slopes with respect to the outputs.
  func loss(
    _ outputs: ArraySlice<Float>, _ target: Float, _ column: Column, _ slopes: inout [Double]
  ) -> Double {
    let distribution = distribution(outputs, column)
    let o = outputs.map { Double($0) }
    var y = Double(target)
    switch distribution {
    case .gaussian(let mean, let deviation):
      let z = (y - mean) / deviation
      slopes[0] = -z / deviation
      slopes[1] = (1 - z * z) / deviation * sigmoid(o[1])
    case .student(let location, let scale, let freedom):
      let z = (y - location) / scale
      let pull = (freedom + 1) / (freedom + z * z)
      slopes[0] = -z * pull / scale
      slopes[1] = (1 - z * z * pull) / scale * sigmoid(o[1])
      let change =
        digamma(freedom / 2) - digamma((freedom + 1) / 2) + 1 / freedom
        + logarithmOfOnePlus(z * z / freedom) - z * z * pull / freedom
      slopes[2] = 0.5 * change * sigmoid(o[2])
    case .negativeBinomial(let mean, let dispersion):
      y = max(0, column.number(of: target).rounded())
      let size = 1 / dispersion
      slopes[0] = (mean - y) / (mean * (1 + dispersion * mean)) * column.usualCount * sigmoid(o[0])
      let change =
        digamma(y + size) - digamma(size) - logarithmOfOnePlus(dispersion * mean)
        + (mean - y) / (size + mean)
      slopes[1] = change * size * size * sigmoid(o[1])
    }
    return -distribution.logDensity(at: y)
  }
}

extension PredictiveDistribution {
  /// The distribution of a column's numbers, of one in the samples' scale; counts are as they are.
  func unscaled(by column: Column) -> PredictiveDistribution {
    switch self {
    case .gaussian(let mean, let deviation):
      .gaussian(
        mean: mean * column.scale + column.offset, deviation: deviation * column.scale)
    case .student(let location, let scale, let freedom):
      .student(
        location: location * column.scale + column.offset, scale: scale * column.scale,
        freedom: freedom)
    case .negativeBinomial: self
    }
  }
}

extension Column {
  /// The size of a usual count: the mean of the column where it is scaled, else 1.
  fileprivate var usualCount: Double { offset > 0 ? offset : 1 }
}

private func softplus(_ x: Double) -> Double {
  max(x, 0) + logarithmOfOnePlus(exponential(-x.magnitude))
}

private func sigmoid(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + exponential(-x)) : exponential(x) / (1 + exponential(x))
}
