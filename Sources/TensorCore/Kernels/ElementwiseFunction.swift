internal import CTensorKernels

/// An elementwise word: a function of numbers that the kernels apply to every element.
///
/// The raw values are the kernels' operations, in the order of `CTensorWords.h`; a test compares the names. What else
/// there is to a word stands in its ``ElementwiseWord``.
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

  /// The number of values that the function reads.
  package var operandCount: Int { Int(ctk_operand_count(operation)) }

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
