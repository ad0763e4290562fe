import Datasets
import Requirements

extension Likelihood {
  /// The least standard deviation, in units of the column's.
  static let leastDeviation = 1e-3
  /// The least dispersion of counts.
  static let leastDispersion = 1e-5

  /// The least mean of counts, in units of the column's.
  static let leastShare = 1e-6

  /// A parameter of a distribution, of its output: `linear o + positive softplus(o) + least`.
  package struct Parameter: Sendable {
    /// The factors of the output and of its softplus, and what is added.
    package let linear, positive, least: Double

    fileprivate init(linear: Double = 0, positive: Double = 0, least: Double = 0) {
      (self.linear, self.positive, self.least) = (linear, positive, least)
    }

    fileprivate func callAsFunction(_ output: Double) -> Double {
      linear * output + positive * softplus(output) + least
    }
  }

  /// The parameters of the distribution, in the samples' scale, but those of counts as they are: location, scale and degrees of
  /// freedom; or mean and dispersion.
  package func parameters(_ column: Column) -> [Parameter] {
    let deviation = Parameter(positive: 1, least: Self.leastDeviation)
    switch self {
    case .gaussian: return [Parameter(linear: 1), deviation]
    case .student: return [Parameter(linear: 1), deviation, Parameter(positive: 1, least: 2)]
    case .negativeBinomial:
      let usual = column.usualCount
      return [
        Parameter(positive: usual, least: usual * Self.leastShare),
        Parameter(positive: 1, least: Self.leastDispersion),
      ]
    }
  }

  /// The distribution that outputs say: in the samples' scale, but counts as they are.
  func distribution(_ outputs: ArraySlice<Float>, _ column: Column) -> PredictiveDistribution {
    let p = zip(parameters(column), outputs).map { $0(Double($1)) }
    switch self {
    case .gaussian: return .gaussian(mean: p[0], deviation: p[1])
    case .student: return .student(location: p[0], scale: p[1], freedom: p[2])
    case .negativeBinomial: return .negativeBinomial(mean: p[0], dispersion: p[1])
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
  var usualCount: Double { offset > 0 ? offset : 1 }
}

private func softplus(_ x: Double) -> Double {
  max(x, 0) + logarithmOfOnePlus(exponential(-x.magnitude))
}

private func sigmoid(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + exponential(-x)) : exponential(x) / (1 + exponential(x))
}
