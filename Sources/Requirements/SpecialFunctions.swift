// Special functions of distributions, in double precision, by plain arithmetic and the logarithm.

/// `log Γ(x)` for x > 0, within about 1e-14: Stirling's series from 10 on, the recurrence `Γ(x + 1) = x Γ(x)` below.
package func logGamma(_ x: Double) -> Double {
  var (x, product) = (x, 1.0)
  while x < 10 {
    product *= x
    x += 1
  }
  return (x - 0.5) * logarithm(x) - x + halfLogOfTwoPi + stirlingRemainder(x) - logarithm(product)
}

private let halfLogOfTwoPi = 0.918_938_533_204_672_74

/// What Stirling's formula leaves: `log Γ(x) - ((x - ½) log x - x + ½ log 2π)`, x > 0.
private func stirlingRemainder(_ x: Double) -> Double {
  guard x >= 10 else { return logGamma(x) - ((x - 0.5) * logarithm(x) - x + halfLogOfTwoPi) }
  let square = 1 / (x * x)
  var series = 0.0
  for coefficient in [-691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12] {
    series = series * square + coefficient
  }
  return series / x
}

/// `ψ(x)`, the derivative of ``logGamma(_:)``, for x > 0, within about 1e-14.
package func digamma(_ x: Double) -> Double {
  var (x, sum) = (x, 0.0)
  while x < 10 {
    sum += 1 / x
    x += 1
  }
  let square = 1 / (x * x)
  var series = 0.0
  for coefficient in [
    691.0 / 32760, -1.0 / 132, 1.0 / 240, -1.0 / 252, 1.0 / 120, -1.0 / 12,
  ] {
    series = series * square + coefficient
  }
  return logarithm(x) - 0.5 / x + series * square - sum
}

/// The regularized incomplete beta function `I_x(a, b)`, 0 ≤ x ≤ 1, a and b > 0.
///
/// It is within 1e-12, or what a rounding of x changes, which is 1e-16 times the root of the smaller parameter.
///
/// - Parameter complement: `1 - x`, given because it has digits that x near 1 has not.
package func incompleteBeta(_ x: Double, complement: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard complement > 0 else { return 1 }
  let share =
    if min(a, b) >= 1e8 {
      betaOfLargeParameters(x, complement, a, b)
    } else if x > (a + 1) / (a + b + 2) {
      // The fraction converges fast below the mean. Rounding may put x and 1 - x above theirs, and then either will do.
      1 - betaBelowMean(complement, x, b, a)
    } else {
      betaBelowMean(x, complement, a, b)
    }
  return share.isNaN ? share : min(max(share, 0), 1)
}

/// `log(x^a (1 - x)^b / B(a, b))`, without differences of large logarithms.
package func logBetaFront(_ x: Double, complement: Double, _ a: Double, _ b: Double) -> Double {
  betaExponent(x, complement, a, b) + 0.5 * logarithm(a / (a + b) * b) - halfLogOfTwoPi
    + stirlingRemainder(a + b) - stirlingRemainder(a) - stirlingRemainder(b)
}

/// `a log(x / m) + b log((1 - x) / (1 - m))` with the mean m = a / (a + b): 0 there, negative elsewhere.
private func betaExponent(_ x: Double, _ complement: Double, _ a: Double, _ b: Double) -> Double {
  let excess = x * b - complement * a
  return a * logarithmOfOnePlusLessLine(excess / a) + b * logarithmOfOnePlusLessLine(-excess / b)
}

/// `log(1 + u) - u`, also for small u.
private func logarithmOfOnePlusLessLine(_ u: Double) -> Double {
  guard abs(u) <= 0.5 else { return logarithmOfOnePlus(u) - u }
  // log(1 + u) = 2 artanh(s), s = u / (2 + u).
  let s = u / (2 + u)
  var series = 0.0
  for power in stride(from: 39.0, to: 1, by: -2) { series = series * s * s + 1 / power }
  return s * (2 * s * s * series - u)
}

/// ``incompleteBeta(_:complement:_:_:)`` where x is at most about the mean: the continued fraction of A. Didonato and
/// A. Morris, Significant digit computation of the incomplete beta function ratios, 1992, by the method of Lentz.
private func betaBelowMean(_ x: Double, _ complement: Double, _ a: Double, _ b: Double) -> Double {
  func nonzero(_ value: Double) -> Double { value == 0 ? 1e-300 : value }
  let lead = complement * a - x * b + 1
  var numerators = nonzero(a / (a + 1) * lead)
  var (denominators, result) = (0.0, numerators)
  // As many terms as a few roots of the smaller parameter suffice; the limit ends what is not finite.
  for number in 1...100_000 {
    let m = Double(number)
    let s = a + 2 * m - 1
    let above = m * ((a + m - 1) / s) * ((a + b + m - 1) * x / s) * ((b - m) * x)
    let term =
      m + m * (b - m) * x / s + (a + m) / (a + 2 * m + 1) * (lead + m * (1 + complement))
    denominators = 1 / nonzero(term + above * denominators)
    numerators = nonzero(term + above / numerators)
    result *= numerators * denominators
    if !((numerators * denominators - 1).magnitude > 1e-15) { break }
  }
  return exponential(logBetaFront(x, complement: complement, a, b)) / result
}

/// ``incompleteBeta(_:complement:_:_:)`` by a normal distribution and the first term of its uniform expansion (DLMF 8.18.9),
/// whose error is about the smaller parameter to the power of -3/2.
private func betaOfLargeParameters(
  _ x: Double, _ complement: Double, _ a: Double, _ b: Double
) -> Double {
  let excess = x * b - complement * a
  let deviation = (a / (a + b) * b).squareRoot()
  let exponent = betaExponent(x, complement, a, b)
  let z = (excess < 0 ? -1 : 1) * (-2 * exponent).squareRoot()
  // At the mean, the difference of the two terms is a limit.
  let skew =
    abs(z) < 1e-3 ? (b - a) / (a + b) / (3 * deviation) : 1 / z - deviation / excess
  return 0.5 * (1 + errorFunction(z * 0.5.squareRoot()))
    + skew * exponential(exponent - halfLogOfTwoPi)
}
