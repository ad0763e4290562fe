import Models
import Requirements

/// The range and ticks of an axis.
struct Axis {
  /// The number at the left or lower end.
  let low: Double
  /// The number at the right or upper end.
  let high: Double
  /// Whether equal distances are equal ratios.
  let isLogarithmic: Bool
  /// The numbers of its labels.
  let ticks: [Double]

  /// An axis for finite numbers; one that is not logarithmic ends at ``limit``, so that its length is a number too.
  init(_ values: [Double], isLogarithmic: Bool) {
    self.isLogarithmic = isLogarithmic
    if isLogarithmic {
      let (least, most) = (values.min() ?? 1, values.max() ?? 1)
      let first = min(Self.exponent(of: least).rounded(.down), 307)
      let last = min(max(Self.exponent(of: most).rounded(.up), first + 1), 308)
      low = min(power(10, first), least)
      high = max(power(10, last), most)
      let distance = max(1, ((last - first) / Self.mostPowers).rounded(.up))
      ticks = stride(from: first, through: last, by: distance).map { power(10, $0) }
    } else {
      let least = max(values.min() ?? 0, -Self.limit)
      let most = min(values.max() ?? 1, Self.limit)
      let step = Self.step(over: most - least)
      // A constant is drawn in the middle.
      let margin = most > least ? 0 : step
      low = (least / step).rounded(.down) * step - margin
      high = (most / step).rounded(.up) * step + margin
      let (first, count) = (low, Int(((high - low) / step).rounded()))
      ticks = (0...count).map { first + Double($0) * step }
    }
  }

  private static let limit = 1e300

  /// The most distances of ticks on a logarithmic axis.
  private static let mostPowers = 12.0

  /// The logarithm to base 10 of a positive number, exact for powers of ten; at least that of the least number of full precision.
  private static func exponent(of value: Double) -> Double {
    let exponent = max(logarithm(value) / logarithm(10), -307)
    let whole = exponent.rounded()
    return power(10, whole) == value ? whole : exponent
  }

  /// The distance of ticks: a round number, for three to six ticks.
  private static func step(over range: Double) -> Double {
    guard range > 0 else { return 1 }
    let round = power(10, (logarithm(range / 4) / logarithm(10)).rounded(.down))
    // Below the smallest number there is no power of ten.
    let size = max(round, .leastNonzeroMagnitude)
    return [1, 2, 5, 10].map { $0 * size }.first { $0 >= range / 5 } ?? size
  }

  /// 0 at the lower end, 1 at the upper one.
  func share(of value: Double) -> Double {
    guard high > low else { return 0.5 }
    guard isLogarithmic else { return (value - low) / (high - low) }
    return (logarithm(value) - logarithm(low)) / (logarithm(high) - logarithm(low))
  }
}
