import Requirements
import TensorCore

/// The distribution of a number that a model forecasts.
///
/// Its continuous ranked probability score measures it as a whole: `CRPS(F, y) = ∫ (F(x) - [x ≥ y])² dx`, in the unit of the
/// number; for a distribution without spread it is the absolute error.
///
/// T. Gneiting and A. Raftery, Strictly proper scoring rules, prediction, and estimation, JASA 2007; A. Jordan, F. Krüger and
/// S. Lerch, Evaluating probabilistic forecasts with scoringRules, 2019 (the closed form for Student's t).
public enum PredictiveDistribution: Hashable, Sendable {
  /// A normal distribution.
  case gaussian(mean: Double, deviation: Double)
  /// Student's t, moved and scaled, with more than one degree of freedom.
  case student(location: Double, scale: Double, freedom: Double)
  /// Counts of variance `mean + dispersion mean²`.
  case negativeBinomial(mean: Double, dispersion: Double)

  /// The mean.
  public var mean: Double {
    switch self {
    case .gaussian(let mean, _), .student(let mean, _, _), .negativeBinomial(let mean, _): mean
    }
  }

  /// The logarithm of the density at a number, or of the probability of a count.
  public func logDensity(at y: Double) -> Double {
    switch self {
    case .gaussian(let mean, let deviation):
      let z = (y - mean) / deviation
      return -0.5 * z * z - logarithm(deviation) - 0.5 * logarithm(2 * .pi)
    case .student(let location, let scale, let freedom):
      let z = (y - location) / scale
      return Self.logStudent(z, freedom) - logarithm(scale)
    case .negativeBinomial(let mean, let dispersion):
      guard y >= 0 else { return -.infinity }
      let (size, scaled) = (1 / dispersion, dispersion * mean)
      guard y > 0 else { return -size * logarithmOfOnePlus(scaled) }
      return logBetaFront(1 / (1 + scaled), complement: 1 / (1 + 1 / scaled), size, y)
        - logarithm(y)
    }
  }

  private static func logStudent(_ z: Double, _ freedom: Double) -> Double {
    logGamma((freedom + 1) / 2) - logGamma(freedom / 2) - 0.5 * logarithm(freedom * .pi)
      - (freedom + 1) / 2 * logarithmOfOnePlus(z * z / freedom)
  }

  /// The probability of a number of at most `y`.
  public func cumulative(_ y: Double) -> Double {
    switch self {
    case .gaussian(let mean, let deviation):
      return 0.5 * (1 + errorFunction((y - mean) / deviation * 0.5.squareRoot()))
    case .student(let location, let scale, let freedom):
      let z = (y - location) / scale
      let sum = freedom + z * z
      let tail = 0.5 * incompleteBeta(freedom / sum, complement: z * z / sum, freedom / 2, 0.5)
      return z > 0 ? 1 - tail : tail
    case .negativeBinomial(let mean, let dispersion):
      guard y >= 0 else { return 0 }
      let scaled = dispersion * mean
      return incompleteBeta(
        1 / (1 + scaled), complement: 1 / (1 + 1 / scaled), 1 / dispersion, y.rounded(.down) + 1)
    }
  }

  /// The least number that is not exceeded with a probability of at least `share`, 0 < share < 1.
  public func quantile(_ share: Double) -> Double {
    require(0 < share && share < 1, "expected a share between 0 and 1, found \(share)")
    if case .gaussian(let mean, let deviation) = self {
      return mean + deviation * normalQuantile(share)
    }
    var (low, high) = bounds(around: share)
    guard low < high, low.isFinite, high.isFinite else { return mean }
    // Halving until no number, or no count, lies between.
    while case let middle = midpoint(low, high), low < middle, middle < high {
      if cumulative(middle) < share { low = middle } else { high = middle }
    }
    return high
  }

  /// A number of which less and one of which at least a share is not exceeded.
  private func bounds(around share: Double) -> (Double, Double) {
    switch self {
    case .negativeBinomial(let mean, _):
      var high = mean.rounded(.up)
      while cumulative(high) < share, high < 1e15 { high = 2 * high + 1 }
      return (-1, high)
    case .gaussian(let center, let unit), .student(let center, let unit, _):
      var distance = unit
      while distance.isFinite,
        cumulative(center - distance) >= share || cumulative(center + distance) < share
      { distance *= 2 }
      return (center - distance, center + distance)
    }
  }

  private func midpoint(_ low: Double, _ high: Double) -> Double {
    let middle = low + (high - low) / 2
    if case .negativeBinomial = self { return middle.rounded(.down) }
    return middle
  }
}

extension PredictiveDistribution {
  /// The continuous ranked probability score of the distribution where `y` came; less is better.
  public func rankedProbabilityScore(_ y: Double) -> Double {
    switch self {
    case .gaussian(let mean, let deviation):
      let z = (y - mean) / deviation
      let density = exponential(-0.5 * z * z) / (2 * Double.pi).squareRoot()
      let share = 0.5 * (1 + errorFunction(z * 0.5.squareRoot()))
      return deviation * (z * (2 * share - 1) + 2 * density - 1 / Double.pi.squareRoot())
    case .student(let location, let scale, let freedom):
      let z = (y - location) / scale
      let share = Self.student(location: 0, scale: 1, freedom: freedom).cumulative(z)
      let density = exponential(Self.logStudent(z, freedom))
      // B(1/2, ν - 1/2) / B(1/2, ν/2)²
      let betas = exponential(
        2 * (logGamma((freedom + 1) / 2) - logGamma(freedom / 2)) - logGamma(0.5)
          + logGamma(freedom - 0.5) - logGamma(freedom))
      let spread = 2 * freedom.squareRoot() / (freedom - 1) * betas
      return scale
        * (z * (2 * share - 1) + 2 * density * (freedom + z * z) / (freedom - 1) - spread)
    case .negativeBinomial: return countScore(y)
    }
  }

  /// The sum over all counts, in strides where the distribution is wider than some thousand of them.
  private func countScore(_ y: Double) -> Double {
    guard case .negativeBinomial(let mean, let dispersion) = self, y.isFinite else { return .nan }
    let deviation = (mean + dispersion * mean * mean).squareRoot()
    let end = max(y, mean + 30 * deviation).rounded(.up) + 1
    guard end < 1e15 else { return .nan }
    let stride = max(1, (end / 8192).rounded(.up))
    var (score, count) = (0.0, 0.0)
    while count < end {
      let middle = count + ((stride - 1) / 2).rounded(.down)
      let error = cumulative(middle) - (middle >= y ? 1 : 0)
      score += stride * error * error
      if count > y, error * error < 1e-15 { break }
      count += stride
    }
    return score
  }
}
