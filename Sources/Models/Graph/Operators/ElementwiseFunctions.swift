import Checkpoint
import TensorCore

/// A function of every element of an array.
struct UnaryFunction: Sendable {
  let effect: GraphEffect
  private let tensor: @Sendable (Tensor) -> Tensor
  private let double: @Sendable (Double) -> Double
  /// Nil if the operator has no integers.
  private let integer: (@Sendable (Int64) -> Int64)?

  init(
    _ tensor: @escaping @Sendable (Tensor) -> Tensor,
    _ double: @escaping @Sendable (Double) -> Double,
    _ integer: (@Sendable (Int64) -> Int64)? = nil
  ) {
    (self.tensor, self.double, self.integer) = (tensor, double, integer)
    effect = .computes
  }

  /// The function that is computed as `Double` and rounded to the type.
  init(precise function: @escaping @Sendable (Double) -> Double) {
    self.init({ $0.mapping(function) }, function)
  }

  /// The function that is one word of the kernels.
  init(
    _ word: ElementwiseFunction, _ double: @escaping @Sendable (Double) -> Double,
    _ integer: (@Sendable (Int64) -> Int64)? = nil
  ) {
    tensor = { word($0) }
    (self.double, self.integer, effect) = (double, integer, .applies(word))
  }

  func callAsFunction(_ x: GraphValue) throws(GraphFailure) -> GraphValue {
    if x.count == 0 { return x }
    switch x.elements {
    case .floats(let values): return GraphValue(tensor(values), as: x.elementType)
    case .doubles(let values): return GraphValue(values.map(double), shape: x.shape)
    case .integers(let values):
      guard let integer, x.elementType != .bool else {
        throw GraphFailure(expected: "floats", found: x.elementType)
      }
      try x.checkSigned()
      return GraphValue(values.map(integer), shape: x.shape, as: x.elementType)
    }
  }
}

/// A function of the elements of two arrays that are broadcast to one another.
struct BinaryFunction: Sendable {
  let effect: GraphEffect
  private let tensor: @Sendable (Tensor, Tensor) -> Tensor
  private let double: @Sendable (Double, Double) -> Double
  /// Nil if the operator has no integers.
  private let integer: (@Sendable (Int64, Int64) -> Int64)?

  init(
    _ tensor: @escaping @Sendable (Tensor, Tensor) -> Tensor,
    _ double: @escaping @Sendable (Double, Double) -> Double,
    _ integer: (@Sendable (Int64, Int64) -> Int64)? = nil
  ) {
    (self.tensor, self.double, self.integer) = (tensor, double, integer)
    effect = .computes
  }

  /// The function that is one word of the kernels.
  init(
    _ word: ElementwiseFunction, _ double: @escaping @Sendable (Double, Double) -> Double,
    _ integer: (@Sendable (Int64, Int64) -> Int64)? = nil
  ) {
    tensor = { word($0, $1) }
    (self.double, self.integer, effect) = (double, integer, .applies(word))
  }

  func callAsFunction(
    _ a: GraphValue, _ b: GraphValue, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let shape = try commonShape(a, b, &run)
    switch (a.elements, b.elements) {
    case (.floats(let x), .floats(let y)):
      return GraphValue(shape.contains(0) ? Tensor(zeros: shape) : tensor(x, y), as: a.elementType)
    case (.doubles(let x), .doubles(let y)):
      return GraphValue(combined(x, a.shape, y, b.shape, shape, double), shape: shape)
    case (.integers(let x), .integers(let y)):
      guard let integer, a.elementType != .bool else {
        throw GraphFailure(expected: "numbers", found: a.elementType)
      }
      try a.checkSigned()
      try b.checkSigned()
      return GraphValue(
        combined(x, a.shape, y, b.shape, shape, integer), shape: shape, as: a.elementType)
    default: throw GraphFailure(expected: "\(a.elementType)", found: b.elementType)
    }
  }

  /// The function of two, then of the result and the third, and so on.
  func callAsFunction(
    all values: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    var result = try values.value(0)
    for index in values.indices.dropFirst() {
      result = try self(result, values.value(index), &run)
    }
    return result
  }
}

extension BinaryFunction {
  static let add = BinaryFunction(.add, { $0 + $1 }) { $0 &+ $1 }
  static let subtract = BinaryFunction(.subtract, { $0 - $1 }) { $0 &- $1 }
  static let multiply = BinaryFunction(.multiply, { $0 * $1 }) { $0 &* $1 }
  /// Integers must not be divided by zero.
  static let divide = BinaryFunction(.divide, { $0 / $1 }) { $1 == -1 ? 0 &- $0 : $0 / $1 }
}

/// The shape to which two values of one type are broadcast.
func commonShape(
  _ a: GraphValue, _ b: GraphValue, _ run: inout GraphRun
) throws(GraphFailure) -> [Int] {
  guard a.elementType == b.elementType else {
    throw GraphFailure(expected: "two values of \(a.elementType)", found: b.elementType)
  }
  guard let shape = Broadcasting.shape(a.shape, b.shape) else {
    throw GraphFailure(
      expected: "shapes that can be broadcast to one another", found: "\(a.shape) and \(b.shape)")
  }
  try run.count(of: shape)
  return shape
}

/// A function of the elements of two arrays in the shape to which they are broadcast.
func combined<Element, Result>(
  _ a: [Element], _ aShape: [Int], _ b: [Element], _ bShape: [Int], _ shape: [Int],
  _ function: (Element, Element) -> Result
) -> [Result] {
  if shape.contains(0) { return [] }
  if aShape == bShape { return zip(a, b).map(function) }
  let left = stridedOffsets(shape, broadcastStrides(aShape, in: shape))
  let right = stridedOffsets(shape, broadcastStrides(bShape, in: shape))
  return zip(left, right).map { function(a[$0], b[$1]) }
}

extension Tensor {
  /// A function of every element, computed as `Double`.
  func mapping(_ function: (Double) -> Double) -> Tensor {
    Tensor(scalars.map { Float(function(Double($0))) }, shape: shape)
  }
}

extension GraphValue {
  /// Throws if an unsigned integer has the bit pattern of a negative one.
  fileprivate func checkSigned() throws(GraphFailure) {
    guard elementType == .uint64, case .integers(let values) = elements,
      values.contains(where: { $0 < 0 })
    else { return }
    throw GraphFailure(expected: "unsigned integers below 2^63", found: "larger ones")
  }
}
