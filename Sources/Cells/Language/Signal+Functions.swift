extension Signal {
  /// The sum, unit by unit.
  public static func + (a: Signal, b: Signal) -> Signal { a.apply(.add, b) }
  /// The difference, unit by unit.
  public static func - (a: Signal, b: Signal) -> Signal { a.apply(.subtract, b) }
  /// The product, unit by unit.
  public static func * (a: Signal, b: Signal) -> Signal { a.apply(.multiply, b) }
  /// The quotient, unit by unit.
  public static func / (a: Signal, b: Signal) -> Signal { a.apply(.divide, b) }
  /// The negative of each unit.
  public static prefix func - (a: Signal) -> Signal { a.apply(.negate) }

  /// Adds a number to each unit.
  public static func + (a: Signal, b: Double) -> Signal { a + a.constant(b) }
  /// Adds a number to each unit.
  public static func + (a: Double, b: Signal) -> Signal { b.constant(a) + b }
  /// Subtracts a number from each unit.
  public static func - (a: Signal, b: Double) -> Signal { a - a.constant(b) }
  /// Subtracts each unit from a number.
  public static func - (a: Double, b: Signal) -> Signal { b.constant(a) - b }
  /// Multiplies each unit by a number.
  public static func * (a: Signal, b: Double) -> Signal { a * a.constant(b) }
  /// Multiplies each unit by a number.
  public static func * (a: Double, b: Signal) -> Signal { b.constant(a) * b }
  /// Divides each unit by a number.
  public static func / (a: Signal, b: Double) -> Signal { a / a.constant(b) }
  /// Divides a number by each unit.
  public static func / (a: Double, b: Signal) -> Signal { b.constant(a) / b }

  /// 1 where a unit is greater, else 0; its derivative is zero.
  public static func .> (a: Signal, b: Signal) -> Signal { a.apply(.greater, b) }
  /// 1 where a unit is greater than the number, else 0; its derivative is zero.
  public static func .> (a: Signal, b: Double) -> Signal { a .> a.constant(b) }
  /// 1 where units are equal, else 0; its derivative is zero.
  public static func .== (a: Signal, b: Signal) -> Signal { a.apply(.equal, b) }
  /// 1 where a unit equals the number, else 0; its derivative is zero.
  public static func .== (a: Signal, b: Double) -> Signal { a .== a.constant(b) }
}

/// The logistic function, `1 / (1 + exp(-x))`.
public func sigmoid(_ x: Signal) -> Signal { x.apply(.sigmoid) }
/// The hyperbolic tangent.
public func tanh(_ x: Signal) -> Signal { x.apply(.tanh) }
/// `max(x, 0)`; its derivative at 0 is 0.
public func relu(_ x: Signal) -> Signal { x.apply(.relu) }
/// The exponential function.
public func exp(_ x: Signal) -> Signal { x.apply(.exp) }
/// The natural logarithm.
public func log(_ x: Signal) -> Signal { x.apply(.log) }
/// The square root.
public func sqrt(_ x: Signal) -> Signal { x.apply(.sqrt) }
/// `log(1 + exp(x))`.
public func softplus(_ x: Signal) -> Signal { x.apply(.softplus) }
/// `log(sigmoid(x))`.
public func logSigmoid(_ x: Signal) -> Signal { x.apply(.logSigmoid) }
/// The sine.
public func sin(_ x: Signal) -> Signal { x.apply(.sin) }
/// The cosine.
public func cos(_ x: Signal) -> Signal { x.apply(.cos) }
/// The magnitude; its derivative at 0 is 0.
public func abs(_ x: Signal) -> Signal { x.apply(.absolute) }
/// The largest whole number that is not greater; its derivative is zero.
public func floor(_ x: Signal) -> Signal { x.apply(.floor) }

/// The greater of two units; where they are equal the first takes the whole derivative.
public func maximum(_ a: Signal, _ b: Signal) -> Signal { a.apply(.maximum, b) }
/// The lesser of two units; where they are equal the first takes the whole derivative.
public func minimum(_ a: Signal, _ b: Signal) -> Signal { a.apply(.minimum, b) }

/// Each unit, brought into the range.
public func clamp(_ x: Signal, _ range: ClosedRange<Double>) -> Signal {
  minimum(maximum(x, x.constant(range.lowerBound)), x.constant(range.upperBound))
}

/// The piecewise linear sigmoid `clamp(x / 6 + 1/2, 0...1)`, with PyTorch's slope.
public func hardSigmoid(_ x: Signal) -> Signal { clamp(x / 6 + 0.5, 0...1) }

/// The first signal where the condition is not zero, else the second.
public func choose(where condition: Signal, _ first: Signal, else second: Signal) -> Signal {
  condition.apply(.select, first, second)
}
