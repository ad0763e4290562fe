import Requirements

/// `log Σ exp(x)`, without overflow; -infinity of nothing.
func logSumExp(_ values: some Collection<Double>) -> Double {
  let largest = values.max() ?? -.infinity
  guard largest > -.infinity, largest < .infinity else { return largest }
  return largest + logarithm(values.reduce(0) { $0 + exponential($1 - largest) })
}

extension Double {
  /// Adds a probability to this one; both are logarithms.
  mutating func addLog(_ other: Double) {
    let (larger, smaller) = self < other ? (other, self) : (self, other)
    self =
      smaller > -.infinity ? larger + logarithmOfOnePlus(exponential(smaller - larger)) : larger
  }
}
