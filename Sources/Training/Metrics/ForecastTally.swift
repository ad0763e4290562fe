import Models

/// How often numbers came within the bounds that were forecast for them, and how good forecast distributions were.
struct ForecastTally: Codable, Sendable {
  private var count = 0
  private var covered = 0
  private var scored = 0
  @ExactNumber private var scores = 0.0
  @ExactNumber private var expected = 0.0

  /// Adds a forecast and the number that came.
  mutating func add(_ forecast: NumberForecast, _ y: Double) {
    count += 1
    covered += forecast.covers(y) ? 1 : 0
    expected = forecast.expectedCoverage
    guard case .distribution(let distribution) = forecast else { return }
    scores += distribution.rankedProbabilityScore(y)
    scored += 1
  }

  func adding(_ other: ForecastTally) -> ForecastTally {
    var sum = self
    sum.count += other.count
    sum.covered += other.covered
    sum.scored += other.scored
    sum.scores += other.scores
    if count == 0 { sum.expected = other.expected }
    return sum
  }

  /// `coverage of 0.8`, the share of numbers between bounds where 0.8 were expected; the mean CRPS of distributions.
  var metrics: [Evaluation.Metric] {
    guard count > 0 else { return [] }
    let coverage = Double(covered) / Double(count)
    let name = "coverage of \((expected * 1000).rounded() / 1000)"
    let score = Evaluation.Metric("CRPS", scores / Double(max(1, scored)))
    return [.init(name, coverage)] + (scored > 0 ? [score] : [])
  }
}
