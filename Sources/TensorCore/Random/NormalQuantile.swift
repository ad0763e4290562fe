/// The quantile function of the standard normal distribution at `p`, 0 < p < 1, within 1e-15 relative.
///
/// It uses nothing but IEEE arithmetic and the square root, so that it has the same bits on every
/// platform, which a mathematics library does not promise. M. Wichura, "Algorithm AS 241: the
/// percentage points of the normal distribution", 1988.
package func normalQuantile(_ p: Double) -> Double {
  let q = p - 0.5
  if q.magnitude <= 0.425 {
    return q * central.value(at: 0.180625 - q * q)
  }
  let r = (-naturalLogarithm(q < 0 ? p : 1 - p)).squareRoot()
  let distance = r <= 5 ? tail.value(at: r - 1.6) : farTail.value(at: r - 5)
  return q < 0 ? -distance : distance
}

/// The natural logarithm of a normal positive number, by IEEE arithmetic alone.
func naturalLogarithm(_ x: Double) -> Double {
  var exponent = Double(x.exponent)
  var significand = x.significand
  if significand > 1.414_213_562_373_095_1 {
    significand /= 2
    exponent += 1
  }
  // log m = 2 artanh s; |s| < 0.172, so that the term of s^23 is below 1e-18.
  let s = (significand - 1) / (significand + 1)
  let square = s * s
  var series = 0.0
  for odd in stride(from: 21.0, through: 1, by: -2) {
    series = series * square + 1 / odd
  }
  return exponent * 0.693_147_180_559_945_31 + 2 * s * series
}

/// A quotient of two polynomials; coefficients from the highest power down.
private struct RationalFunction: Sendable {
  let numerator: SIMD8<Double>
  let denominator: SIMD8<Double>

  func value(at x: Double) -> Double {
    var (above, below) = (0.0, 0.0)
    for power in 0..<8 {
      above = above * x + numerator[power]
      below = below * x + denominator[power]
    }
    return above / below
  }
}

private let central = RationalFunction(
  numerator: [
    2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
    4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
    1.3314166789178437745e+2, 3.3871328727963666080e+0,
  ],
  denominator: [
    5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4,
    2.1213794301586595867e+4, 5.3941960214247511077e+3, 6.8718700749205790830e+2,
    4.2313330701600911252e+1, 1,
  ])

private let tail = RationalFunction(
  numerator: [
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
    1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
    4.63033784615654529590e+0, 1.42343711074968357734e+0,
  ],
  denominator: [
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e+0,
    2.05319162663775882187e+0, 1,
  ])

private let farTail = RationalFunction(
  numerator: [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
    5.46378491116411436990e+0, 6.65790464350110377720e+0,
  ],
  denominator: [
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1,
  ])
