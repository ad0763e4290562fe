internal import CTensorKernels

/// An operation of the elementwise machine.
///
/// The raw values are the kernels' operation numbers.
package enum ElementwiseFunction: UInt8, Sendable, Hashable, CaseIterable {
  case copy, negate, absolute, sign
  case sigmoid, tanh, relu, exp, log, sqrt, reciprocal
  case softplus, logSigmoid, sin, cos, floor

  case add, subtract, multiply, divide, maximum, minimum
  /// a > b ? 1 : 0.
  case greater
  /// a >= b ? 1 : 0.
  case greaterEqual
  /// a == b ? 1 : 0.
  case equal

  /// a != 0 ? b : c.
  case select
  /// a * b + c, rounded once where the instruction set can.
  case multiplyAdd

  /// Register `destination` takes operand `a`; for programs only.
  case load
  /// Operand `destination` takes register `a`; for programs only.
  case store
  /// Register `destination` takes constant `a`; for programs only.
  case constant

  /// How many values the function reads: 0 for `constant`, 1 for `load` and `store`.
  package var operandCount: Int {
    switch self {
    case .constant: 0
    case .copy, .negate, .absolute, .sign, .sigmoid, .tanh, .relu, .exp, .log, .sqrt, .reciprocal,
      .softplus, .logSigmoid, .sin, .cos, .floor, .load, .store:
      1
    case .add, .subtract, .multiply, .divide, .maximum, .minimum, .greater, .greaterEqual, .equal:
      2
    case .select, .multiplyAdd: 3
    }
  }

  var operation: ctk_operation { ctk_operation(rawValue: rawValue) }
}

/// `destination[i] = function(a[i], b[i], c[i])` for `count` elements, split over the ``ThreadTeam``
/// where there are many. The destination may be the same array as any operand; operands that the
/// function does not read are left out.
package func map(
  _ function: ElementwiseFunction, into destination: UnsafeMutablePointer<Float>,
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>? = nil, _ c: UnsafePointer<Float>? = nil,
  count: Int
) {
  ThreadTeam.split(count, unit: 16, work: 4 * count) { range in
    let start = range.lowerBound
    ctk_map(
      function.operation, destination + start, a + start, b.map { $0 + start },
      c.map { $0 + start }, range.count)
  }
}
