#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// The system's real functions in double precision, under names that leave those of tensors and signals alone: the one place
// where they are imported.

package func exponential(_ x: Double) -> Double { exp(x) }
package func logarithm(_ x: Double) -> Double { log(x) }
package func logarithmOfOnePlus(_ x: Double) -> Double { log1p(x) }
package func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }
package func sine(_ x: Double) -> Double { sin(x) }
package func cosine(_ x: Double) -> Double { cos(x) }
package func tangent(_ x: Double) -> Double { tan(x) }
package func inverseSine(_ x: Double) -> Double { asin(x) }
package func inverseCosine(_ x: Double) -> Double { acos(x) }
package func inverseTangent(_ x: Double) -> Double { atan(x) }
package func hyperbolicSine(_ x: Double) -> Double { sinh(x) }
package func hyperbolicCosine(_ x: Double) -> Double { cosh(x) }
package func inverseHyperbolicSine(_ x: Double) -> Double { asinh(x) }
package func inverseHyperbolicCosine(_ x: Double) -> Double { acosh(x) }
package func inverseHyperbolicTangent(_ x: Double) -> Double { atanh(x) }
package func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
package func errorFunction(_ x: Double) -> Double { erf(x) }
