import Requirements
import TensorCore

// Under names of their own, since the functions' names are taken by the cases.
private func logistic(_ x: Double) -> Double { 1 / (1 + exponential(-x)) }
private func logarithmOfOnePlusExponential(_ x: Double) -> Double {
  max(x, 0) + logarithmOfOnePlus(exponential(-abs(x)))
}

/// Each elementwise function in double precision, with its partial derivatives: the reference for the vectorised
/// kernels and the table of words.
extension ElementwiseFunction {
  /// The function's value.
  package func evaluated(_ x: [Double]) -> Double { valueAndPartials(x).value }

  /// The derivative by each operand.
  package func partialDerivatives(_ x: [Double]) -> [Double] { valueAndPartials(x).partials }

  /// The value, and the derivative by each operand. Of two equal operands the first has the whole derivative of the
  /// maximum and the minimum.
  func valueAndPartials(_ x: [Double]) -> (value: Double, partials: [Double]) {
    func withValue(_ y: Double, _ partials: (Double) -> [Double]) -> (Double, [Double]) {
      (y, partials(y))
    }
    let (a, b, c) = (x[0], x.count > 1 ? x[1] : .nan, x.count > 2 ? x[2] : .nan)
    return switch self {
    case .copy: (a, [1])
    case .negate: (-a, [-1])
    case .absolute: (abs(a), [a > 0 ? 1 : a < 0 ? -1 : 0])
    case .sign: (a > 0 ? 1 : a < 0 ? -1 : 0, [0])
    case .sigmoid: withValue(logistic(a)) { y in [y * (1 - y)] }
    case .tanh: withValue(hyperbolicTangent(a)) { y in [1 - y * y] }
    case .relu: (max(a, 0), [a > 0 ? 1 : 0])
    case .exp: withValue(exponential(a)) { y in [y] }
    case .log: (logarithm(a), [1 / a])
    case .sqrt: withValue(a.squareRoot()) { y in [0.5 / y] }
    case .reciprocal: withValue(1 / a) { y in [-y * y] }
    case .softplus: (logarithmOfOnePlusExponential(a), [logistic(a)])
    case .logSigmoid: (-logarithmOfOnePlusExponential(-a), [logistic(-a)])
    case .sin: (sine(a), [cosine(a)])
    case .cos: (cosine(a), [-sine(a)])
    case .floor: (a.rounded(.down), [0])
    case .add: (a + b, [1, 1])
    case .subtract: (a - b, [1, -1])
    case .multiply: (a * b, [b, a])
    case .divide: withValue(a / b) { y in [1 / b, -y / b] }
    case .maximum: (max(a, b), a >= b ? [1, 0] : [0, 1])
    case .minimum: (min(a, b), a <= b ? [1, 0] : [0, 1])
    case .greater: (a > b ? 1 : 0, [0, 0])
    case .greaterEqual: (a >= b ? 1 : 0, [0, 0])
    case .equal: (a == b ? 1 : 0, [0, 0])
    case .select: (a != 0 ? b : c, a != 0 ? [0, 1, 0] : [0, 0, 1])
    case .multiplyAdd: (a * b + c, [b, a, 1])
    }
  }
}
