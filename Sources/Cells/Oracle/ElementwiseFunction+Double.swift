import Requirements
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// Under names of their own, since the functions' names are taken by the cases.
private func exponential(_ x: Double) -> Double { exp(x) }
private func logarithm(_ x: Double) -> Double { log(x) }
private func logarithmOfOnePlus(_ x: Double) -> Double { log1p(x) }
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
private func sine(_ x: Double) -> Double { sin(x) }
private func cosine(_ x: Double) -> Double { cos(x) }

/// Each elementwise function in double precision, with its partial derivatives: what the vectorised
/// kernels and the graphs' symbolic derivatives are tested against.
extension ElementwiseFunction {
  /// The function's value.
  package func evaluated(_ x: [Double]) -> Double {
    let a = x[0]
    return switch self {
    case .copy: a
    case .negate: -a
    case .absolute: abs(a)
    case .sign: a > 0 ? 1 : a < 0 ? -1 : 0
    case .sigmoid: 1 / (1 + exponential(-a))
    case .tanh: hyperbolicTangent(a)
    case .relu: max(a, 0)
    case .exp: exponential(a)
    case .log: logarithm(a)
    case .sqrt: a.squareRoot()
    case .reciprocal: 1 / a
    case .softplus: max(a, 0) + logarithmOfOnePlus(exponential(-abs(a)))
    case .logSigmoid: min(a, 0) - logarithmOfOnePlus(exponential(-abs(a)))
    case .sin: sine(a)
    case .cos: cosine(a)
    case .floor: a.rounded(.down)
    case .add: a + x[1]
    case .subtract: a - x[1]
    case .multiply: a * x[1]
    case .divide: a / x[1]
    case .maximum: max(a, x[1])
    case .minimum: min(a, x[1])
    case .greater: a > x[1] ? 1 : 0
    case .greaterEqual: a >= x[1] ? 1 : 0
    case .equal: a == x[1] ? 1 : 0
    case .select: a != 0 ? x[1] : x[2]
    case .multiplyAdd: a * x[1] + x[2]
    case .load, .store, .constant: failure("\(self) is no function of numbers")
    }
  }

  /// The derivative by each operand.
  package func partialDerivatives(_ x: [Double]) -> [Double] {
    let a = x[0]
    let value = evaluated(x)
    return switch self {
    case .copy: [1]
    case .negate: [-1]
    case .absolute: [a > 0 ? 1 : a < 0 ? -1 : 0]
    case .sign, .floor: [0]
    case .sigmoid: [value * (1 - value)]
    case .tanh: [1 - value * value]
    case .relu: [a > 0 ? 1 : 0]
    case .exp: [value]
    case .log: [1 / a]
    case .sqrt: [0.5 / value]
    case .reciprocal: [-value * value]
    case .softplus: [1 / (1 + exponential(-a))]
    case .logSigmoid: [1 / (1 + exponential(a))]
    case .sin: [cosine(a)]
    case .cos: [-sine(a)]
    case .add: [1, 1]
    case .subtract: [1, -1]
    case .multiply: [x[1], a]
    case .divide: [1 / x[1], -value / x[1]]
    case .maximum: a >= x[1] ? [1, 0] : [0, 1]
    case .minimum: a <= x[1] ? [1, 0] : [0, 1]
    case .greater, .greaterEqual, .equal: [0, 0]
    case .select: a != 0 ? [0, 1, 0] : [0, 0, 1]
    case .multiplyAdd: [x[1], a, 1]
    case .load, .store, .constant: failure("\(self) is no function of numbers")
    }
  }
}
