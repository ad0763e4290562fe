import TensorCore

/// What is known of an operator's results once the shapes of its inputs are.
enum GraphEffect: Sendable {
  /// Their shapes, unless inputs that are integers decide on them.
  case computes
  /// Nothing: their shapes depend on values.
  case selects
  /// All of them: they depend on shapes alone.
  case measures
  /// Each element is one of the inputs', or a fill value: which one depends on shapes and on the inputs that are integers.
  case arranges
  /// They are a word of the kernels, applied to every element.
  case applies(ElementwiseFunction)
  /// The first input to the power of the second.
  case raises

  /// The word that is applied to floats, and the inputs that are its operands.
  ///
  /// - Parameter known: the inputs whose values are known.
  func word(_ known: [GraphValue?]) -> (function: ElementwiseFunction, operands: [Int])? {
    switch self {
    case .applies(let function) where function.operandCount == known.count:
      return (function, Array(known.indices))
    case .raises where known.count == 2:
      guard let exponent = known[1]?.tensor, exponent.count == 1, exponent.scalar == 2 else {
        return nil
      }
      return (.multiply, [0, 0])
    default: return nil
    }
  }
}
