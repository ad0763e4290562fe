import Checkpoint
import Requirements
import TensorCore

extension GraphOperator {
  /// Functions of every element, and of two or more arrays that are broadcast to one another.
  static let elementwise: [String: GraphOperator] = [
    "Abs": unary(UnaryFunction(.absolute, { abs($0) }) { Swift.max($0, 0 &- $0) }),
    "Neg": unary(UnaryFunction(.negate, { -$0 }) { 0 &- $0 }),
    "Sqrt": unary(UnaryFunction(.sqrt, { $0.squareRoot() })),
    "Exp": unary(UnaryFunction(.exp, { exponential($0) })),
    "Log": unary(UnaryFunction(.log, { logarithm($0) })),
    "Sigmoid": unary(UnaryFunction(.sigmoid, { 1 / (1 + exponential(-$0)) })),
    "Relu": unary(UnaryFunction(.relu, { Swift.max($0, 0) }) { Swift.max($0, 0) }),
    "Softplus": unary(
      UnaryFunction(
        .softplus, { Swift.max($0, 0) + logarithmOfOnePlus(exponential(-abs($0))) })),
    "Softsign": unary(
      UnaryFunction({ $0 / (1 + abs($0)) }, { $0 / (1 + abs($0)) })),
    "Reciprocal": unary(UnaryFunction(.reciprocal, { 1 / $0 })),
    "Floor": unary(UnaryFunction(.floor, { $0.rounded(.down) })),
    "Ceil": unary(UnaryFunction({ -floor(-$0) }, { $0.rounded(.up) })),
    "Sign": unary(UnaryFunction(.sign, { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }) { $0.signum() }),
    "Round": unary(UnaryFunction(precise: { $0.rounded(.toNearestOrEven) })),
    "Erf": unary(UnaryFunction(precise: { errorFunction($0) })),
    "Add": binary(.add),
    "Sub": binary(.subtract),
    "Mul": binary(.multiply),
    "Div": GraphOperator(2...2, .applies(.divide)) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        if case .integers(let divisors) = try inputs.value(1).elements, divisors.contains(0) {
          throw GraphFailure("division of an integer by zero")
        }
        return [try BinaryFunction.divide(inputs.value(0), inputs.value(1), &run)]
      }
    },
    "Min": variadic(BinaryFunction(.minimum, { smaller($0, $1) }) { Swift.min($0, $1) }),
    "Max": variadic(BinaryFunction(.maximum, { larger($0, $1) }) { Swift.max($0, $1) }),
    "Sum": variadic(BinaryFunction(.add, { $0 + $1 })),
    "Mean": GraphOperator(1...1024) { _ throws(GraphFailure) in
      let add = BinaryFunction(.add, { $0 + $1 })
      return { inputs, run throws(GraphFailure) in
        let sum = try add(all: inputs, &run)
        let count = GraphValue(Tensor(Float(inputs.count))).converted(to: sum.elementType)
        return [try BinaryFunction.divide(sum, count, &run)]
      }
    },
    "Mod": GraphOperator(2...2) { node throws(GraphFailure) in
      // The sign of the dividend with fmod, else that of the divisor.
      let isTruncated = try node.flag("fmod")
      let remainder = BinaryFunction(
        { $0 - $1 * floor($0 / $1) },
        { $0.truncatingRemainder(dividingBy: $1) },
        { a, b in
          let rest = b == -1 ? 0 : a % b
          return isTruncated || rest == 0 || (rest < 0) == (b < 0) ? rest : rest &+ b
        })
      return { inputs, run throws(GraphFailure) in
        let (a, b) = (try inputs.value(0), try inputs.value(1))
        if case .integers(let divisors) = b.elements, divisors.contains(0) {
          throw GraphFailure("division of an integer by zero")
        }
        guard a.elementType.isFloat else { return [try remainder(a, b, &run)] }
        guard isTruncated else {
          throw GraphFailure("floats without fmod: the form is not supported")
        }
        // A quotient of floats would lose digits.
        let exact = try remainder(
          GraphValue(a.doubles, shape: a.shape), GraphValue(b.doubles, shape: b.shape), &run)
        return [exact.converted(to: a.elementType)]
      }
    },
    "Pow": GraphOperator(2...2, .raises) { _ throws(GraphFailure) in
      return { inputs, run throws(GraphFailure) in
        [try power(inputs.value(0), inputs.value(1), &run)]
      }
    },
    "Clip": GraphOperator(1...3) { node throws(GraphFailure) in
      if node.version < 11 {
        let low = try node.float("min") ?? -Float.greatestFiniteMagnitude
        let high = try node.float("max") ?? Float.greatestFiniteMagnitude
        return tensorFunction { minimum(maximum($0, Tensor(low)), Tensor(high)) }
      }
      let smallest = BinaryFunction(.minimum, { smaller($0, $1) }) { Swift.min($0, $1) }
      let largest = BinaryFunction(.maximum, { larger($0, $1) }) { Swift.max($0, $1) }
      return { inputs, run throws(GraphFailure) in
        var value = try inputs.value(0)
        if let low = inputs.optional(1) { value = try largest(value, low, &run) }
        if let high = inputs.optional(2) { value = try smallest(value, high, &run) }
        return [value]
      }
    },
  ]

  /// A function of one array of floats, or of others where it has a form for them.
  static func unary(_ function: UnaryFunction) -> GraphOperator {
    GraphOperator(1...1, function.effect) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let value = try inputs.value(0)
        try run.count(of: value.shape)
        return [try function(value)]
      }
    }
  }

  /// A function of one array of floats of the same shape.
  static func tensorFunction(
    _ function: @escaping @Sendable (Tensor) -> Tensor
  ) -> GraphFunction {
    { inputs, run throws(GraphFailure) in
      let x = try inputs.tensor(0)
      try run.count(of: x.shape)
      return [GraphValue(function(x.tensor), as: x.type)]
    }
  }

  private static func binary(_ function: BinaryFunction) -> GraphOperator {
    GraphOperator(2...2, function.effect) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        [try function(inputs.value(0), inputs.value(1), &run)]
      }
    }
  }

  private static func variadic(_ function: BinaryFunction) -> GraphOperator {
    GraphOperator(1...1024, function.effect) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in [try function(all: inputs, &run)] }
    }
  }
}

/// x to the power of y, in the type of x.
private func power(
  _ x: GraphValue, _ y: GraphValue, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  let type = x.elementType
  if let x = x.tensor, let y = y.tensor, y.count == 1, y.scalar == 2, y.rank <= x.rank {
    try run.count(of: x.shape)
    return GraphValue(x * x, as: type)
  }
  let exponents = GraphValue(y.doubles, shape: y.shape)
  let bases = GraphValue(x.doubles, shape: x.shape)
  let function = BinaryFunction({ $0 + $1 }, { power($0, $1) })
  return try function(bases, exponents, &run).converted(to: type)
}

/// The larger of two numbers; NaN if one of them is NaN.
func larger<Number: FloatingPoint>(_ a: Number, _ b: Number) -> Number { a.isNaN || a > b ? a : b }
/// The smaller of two numbers; NaN if one of them is NaN.
func smaller<Number: FloatingPoint>(_ a: Number, _ b: Number) -> Number { a.isNaN || a < b ? a : b }
