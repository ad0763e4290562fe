import Requirements

// Comparisons make masks: tensors of ones and zeros. Shapes are broadcast. They have no gradient:
// the result is a constant.

extension Tensor {
  /// 1 where an element is greater, else 0.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { Mask.greater(a, b) }
  /// 1 where an element is greater or equal, else 0.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { Mask.greaterEqual(a, b) }
  /// 1 where an element is less, else 0.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { Mask.greater(b, a) }
  /// 1 where an element is less or equal, else 0.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { Mask.greaterEqual(b, a) }
  /// 1 where two elements are equal, else 0.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { Mask.equal(a, b) }
  /// 1 where two elements differ, else 0.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { Mask.different(a, b) }

  /// 1 where an element is greater than the number, else 0.
  public static func .> (a: Tensor, b: Float) -> Tensor { a .> Tensor(b) }
  /// 1 where an element is greater than the number or equal, else 0.
  public static func .>= (a: Tensor, b: Float) -> Tensor { a .>= Tensor(b) }
  /// 1 where an element is less than the number, else 0.
  public static func .< (a: Tensor, b: Float) -> Tensor { a .< Tensor(b) }
  /// 1 where an element is less than the number or equal, else 0.
  public static func .<= (a: Tensor, b: Float) -> Tensor { a .<= Tensor(b) }
  /// 1 where an element equals the number, else 0.
  public static func .== (a: Tensor, b: Float) -> Tensor { a .== Tensor(b) }
  /// 1 where an element differs from the number, else 0.
  public static func .!= (a: Tensor, b: Float) -> Tensor { a .!= Tensor(b) }
}

private enum Mask {
  static let greaterProgram = program(.operand(0) .> .operand(1))
  static let greaterEqualProgram = program(.operand(0) .>= .operand(1))
  static let equalProgram = program(.operand(0) .== .operand(1))
  static let differentProgram = program(1 - (.operand(0) .== .operand(1)))

  static func greater(_ a: Tensor, _ b: Tensor) -> Tensor { run(greaterProgram, a, b) }
  static func greaterEqual(_ a: Tensor, _ b: Tensor) -> Tensor { run(greaterEqualProgram, a, b) }
  static func equal(_ a: Tensor, _ b: Tensor) -> Tensor { run(equalProgram, a, b) }
  static func different(_ a: Tensor, _ b: Tensor) -> Tensor { run(differentProgram, a, b) }

  private static func program(_ expression: Expression) -> ElementwiseProgram {
    ElementwiseProgram(operands: 2, expression)
  }

  private static func run(_ program: ElementwiseProgram, _ a: Tensor, _ b: Tensor) -> Tensor {
    Broadcasting.run(program, [a, b], shape: Broadcasting.shape(a, b))
  }
}

/// The elements of `a` where the mask is not 0, those of `b` where it is; shapes are broadcast.
///
/// The chosen element has the whole gradient, and the other one 0, even where it is infinite or NaN; the mask has
/// none.
public func select(where mask: Tensor, _ a: Tensor, else b: Tensor) -> Tensor {
  let chosen = Broadcasting.shape(a, b)
  guard let shape = Broadcasting.shape(mask.shape, chosen) else {
    failure("the mask's shape \(mask.shape) and the shape \(chosen) cannot be broadcast")
  }
  return ElementwiseFunction.select(mask.detached(), a, b, shape: shape)
}
