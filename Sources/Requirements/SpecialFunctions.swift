// Special functions of distributions, in double precision, by plain arithmetic and the logarithm.

/// `log Γ(x)` for x > 0, within about 1e-14: Stirling's series from 10 on, the recurrence `Γ(x + 1) = x Γ(x)` below.
package func logGamma(_ x: Double) -> Double {
  var (x, product) = (x, 1.0)
  while x < 10 {
    product *= x
    x += 1
  }
  let square = 1 / (x * x)
  var series = 0.0
  for coefficient in [-691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12] {
    series = series * square + coefficient
  }
  let halfLogOfTwoPi = 0.918_938_533_204_672_74
  return (x - 0.5) * logarithm(x) - x + halfLogOfTwoPi + series / x - logarithm(product)
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

/// The regularized incomplete beta function `I_x(a, b)`, 0 ≤ x ≤ 1, a and b > 0, by its continued fraction (DLMF 8.17.22).
package func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  // The fraction converges fast below the mean. Rounding may put x and 1 - x above theirs, and then either will do.
  let share =
    x > (a + 1) / (a + b + 2) ? 1 - betaBelowMean(1 - x, b, a) : betaBelowMean(x, a, b)
  // Of parameters beyond some 1e10, the logarithms are not exact enough for a share.
  return share.isNaN ? share : min(max(share, 0), 1)
}

/// ``incompleteBeta(_:_:_:)`` where x is at most about the mean.
private func betaBelowMean(_ x: Double, _ a: Double, _ b: Double) -> Double {
  let front =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * logarithm(x) + b * logarithmOfOnePlus(-x)
  return exponential(front) * betaFraction(x, a, b) / a
}

/// The continued fraction of ``incompleteBeta(_:_:_:)``, from the front by the method of Lentz.
private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
  let least = 1e-300
  func nonzero(_ value: Double) -> Double { value.magnitude < least ? least : value }
  var (numerators, denominators) = (1.0, 1 / nonzero(1 - (a + b) * x / (a + 1)))
  var result = denominators
  // As many terms as the root of the larger parameter suffice; the limit ends what is not finite.
  for number in 1...100_000 {
    let m = Double(number)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    var change = 1.0
    for term in [even, odd] {
      denominators = 1 / nonzero(1 + term * denominators)
      numerators = nonzero(1 + term / numerators)
      change = denominators * numerators
      result *= change
    }
    if !((change - 1).magnitude > 1e-15) { break }
  }
  return result
}
