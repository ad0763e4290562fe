import Requirements

// Elementwise arithmetic. Shapes are broadcast: they are aligned at their last axes, and where one
// has length 1, or no axis, its elements are repeated. All of it is differentiable in both operands.

extension Tensor {
  /// The sum of two tensors.
  public static func + (a: Tensor, b: Tensor) -> Tensor { ElementwiseFunction.add(a, b) }
  /// The difference of two tensors.
  public static func - (a: Tensor, b: Tensor) -> Tensor { ElementwiseFunction.subtract(a, b) }
  /// The elementwise product of two tensors. For the matrix product see ``matmul(_:_:)``.
  public static func * (a: Tensor, b: Tensor) -> Tensor { ElementwiseFunction.multiply(a, b) }
  /// The elementwise quotient of two tensors.
  public static func / (a: Tensor, b: Tensor) -> Tensor { ElementwiseFunction.divide(a, b) }

  /// Adds a number to every element.
  public static func + (a: Tensor, b: Float) -> Tensor { a + Tensor(b) }
  /// Takes a number from every element.
  public static func - (a: Tensor, b: Float) -> Tensor { a - Tensor(b) }
  /// Multiplies every element by a number.
  public static func * (a: Tensor, b: Float) -> Tensor { a * Tensor(b) }
  /// Divides every element by a number.
  public static func / (a: Tensor, b: Float) -> Tensor { a / Tensor(b) }

  /// Adds every element to a number.
  public static func + (a: Float, b: Tensor) -> Tensor { Tensor(a) + b }
  /// Takes every element from a number.
  public static func - (a: Float, b: Tensor) -> Tensor { Tensor(a) - b }
  /// Multiplies a number by every element.
  public static func * (a: Float, b: Tensor) -> Tensor { Tensor(a) * b }
  /// Divides a number by every element.
  public static func / (a: Float, b: Tensor) -> Tensor { Tensor(a) / b }

  /// Every element with the opposite sign.
  public static prefix func - (a: Tensor) -> Tensor { ElementwiseFunction.negate(a) }

  /// Replaces a tensor by its sum with another, which must not have the larger shape.
  public static func += (a: inout Tensor, b: Tensor) { a = keepingShape(a, a + b) }
  /// Replaces a tensor by its difference with another, which must not have the larger shape.
  public static func -= (a: inout Tensor, b: Tensor) { a = keepingShape(a, a - b) }
  /// Replaces a tensor by its product with another, which must not have the larger shape.
  public static func *= (a: inout Tensor, b: Tensor) { a = keepingShape(a, a * b) }
  /// Replaces a tensor by its quotient with another, which must not have the larger shape.
  public static func /= (a: inout Tensor, b: Tensor) { a = keepingShape(a, a / b) }
  /// Adds a number to every element.
  public static func += (a: inout Tensor, b: Float) { a = a + b }
  /// Takes a number from every element.
  public static func -= (a: inout Tensor, b: Float) { a = a - b }
  /// Multiplies every element by a number.
  public static func *= (a: inout Tensor, b: Float) { a = a * b }
  /// Divides every element by a number.
  public static func /= (a: inout Tensor, b: Float) { a = a / b }

  private static func keepingShape(_ old: Tensor, _ new: Tensor) -> Tensor {
    require(
      old.shape == new.shape, "a tensor of shape \(old.shape) cannot become one of \(new.shape)")
    return new
  }
}

/// The larger of the two elements at each position; shapes are broadcast. Where they are equal the
/// first gets the whole gradient.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { ElementwiseFunction.maximum(a, b) }

/// The smaller of the two elements at each position; shapes are broadcast. Where they are equal the
/// first gets the whole gradient.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { ElementwiseFunction.minimum(a, b) }
