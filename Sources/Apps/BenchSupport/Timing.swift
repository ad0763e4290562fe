/// The duration of `body` in seconds.
public func timed(_ body: () throws -> Void) rethrows -> Double {
  let duration = try ContinuousClock().measure(body)
  return Double(duration.components.seconds) + 1e-18 * Double(duration.components.attoseconds)
}

/// The shortest time of at least `count` runs, which take about `seconds` together.
func fastest(
  seconds: Double, atLeast count: Int = 1, _ body: () throws -> Void
) rethrows -> Double {
  var (best, spent, runs) = (Double.infinity, 0.0, 0)
  while spent < seconds || runs < count {
    let once = try timed(body)
    best = min(best, once)
    spent += once
    runs += 1
  }
  return best
}

/// The median; for an even count the mean of the middle two.
func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  guard let last = sorted.indices.last else { return .nan }
  return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
}
