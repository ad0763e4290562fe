#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `exp`, `log`, `cos` and `pow` in double precision, under names that differ from those for tensors.
package func exponential(_ x: Double) -> Double { exp(x) }

package func cosineOf(_ x: Double) -> Double { cos(x) }

package func logarithm(_ x: Double) -> Double { log(x) }

package func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }
