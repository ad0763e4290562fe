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

  /// An axis for finite numbers; it ends at ``limit``, so that its length is a number too.
  init(_ values: [Double], isLogarithmic: Bool) {
    self.isLogarithmic = isLogarithmic
    let least = max(values.min() ?? 0, -Self.limit)
    let most = min(values.max() ?? 1, Self.limit)
    if isLogarithmic {
      let powers = Self.powers.filter { $0 >= least / 10 && $0 <= most * 10 }
      let bottom = powers.last { $0 <= least } ?? least
      let top = powers.first { $0 >= most && $0 > least } ?? most
      (low, high) = (bottom, top)
      ticks = powers.filter { $0 >= bottom && $0 <= top }
    } else {
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

  /// Powers of ten.
  private static let powers = (-12...12).map { power(10, Double($0)) }

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
    return logarithm(value / low) / logarithm(high / low)
  }
}
