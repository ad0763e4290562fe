#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The natural logarithm: the one place where this library asks the system for real functions.
func naturalLogarithm(_ x: Double) -> Double { log(x) }

/// `x` to a power.
func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }
