import Checkpoint
import Requirements
import TensorCore

/// What becomes of the elements along the reduced axes.
enum Reduction: Sendable {
  case sum, mean, maximum, minimum, product
  /// The sum of the magnitudes, the root of the sum of the squares, and that sum.
  case magnitudes, norm, squares
  /// The logarithm of the sum, and of the sum of the exponentials.
  case logOfSum, logOfExponentials

  func callAsFunction(
    _ x: GraphValue, along axes: [Int], keepsAxes: Bool, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    try run.count(of: x.shape)
    var shape = x.shape
    for axis in axes { shape[axis] = 1 }
    if !keepsAxes { shape = shape.indices.filter { !axes.contains($0) }.map { shape[$0] } }
    let count = try run.count(of: shape)
    guard !axes.isEmpty else { return try single(x, &run) }
    if case .floats(let tensor) = x.elements, x.count > 0, let reduced = reduce(tensor, axes) {
      return GraphValue(reduced.reshaped(to: shape), as: x.elementType)
    }
    let width = axes.reduce(1) { $0 * x.shape[$1] }
    let rows = try x.withAxesLast(axes, &run)
    if !isReal, let integers = rows.integers {
      let results = try (0..<count).map { row throws(GraphFailure) in
        try reduce(integers[row * width..<(row + 1) * width])
      }
      return GraphValue(results, shape: shape, as: x.elementType)
    }
    guard x.elementType.isFloat || isReal && x.elementType != .bool else {
      throw GraphFailure(expected: "numbers", found: x.elementType)
    }
    let doubles = rows.doubles
    let results = (0..<count).map { reduce(doubles[$0 * width..<($0 + 1) * width]) }
    return GraphValue(results, shape: shape).converted(to: x.elementType)
  }

  /// The reduction of every element alone.
  private func single(
    _ x: GraphValue, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    switch self {
    case .sum, .mean, .maximum, .minimum, .product: return x
    default:
      let column = x.reshaped(to: [x.count, 1])
      return try self(column, along: [1], keepsAxes: false, &run).reshaped(to: x.shape)
    }
  }

  /// Whether results for integers are computed with floats.
  private var isReal: Bool {
    switch self {
    case .norm, .logOfSum, .logOfExponentials: true
    default: false
    }
  }

  private func reduce(_ x: Tensor, _ axes: [Int]) -> Tensor? {
    switch self {
    case .sum: return x.sum(along: axes)
    case .mean: return x.mean(along: axes)
    case .maximum: return x.max(along: axes)
    case .minimum: return -((-x).max(along: axes))
    case .product: return nil
    case .magnitudes: return abs(x).sum(along: axes)
    case .norm: return sqrt((x * x).sum(along: axes))
    case .squares: return (x * x).sum(along: axes)
    case .logOfSum: return log(x.sum(along: axes))
    case .logOfExponentials:
      // Less the largest no exponential overflows; an infinite one stays out of the difference.
      let most = Float.greatestFiniteMagnitude
      let largest = clamp(x.max(along: axes, keepingAxes: true), from: -most, to: most)
      let sums = exp(x - largest).sum(along: axes)
      return log(sums) + largest.reshaped(to: sums.shape)
    }
  }

  private func reduce(_ values: ArraySlice<Double>) -> Double {
    switch self {
    case .sum: return values.reduce(0, +)
    case .mean: return values.reduce(0, +) / Double(values.count)
    case .maximum: return values.reduce(-.infinity, larger)
    case .minimum: return values.reduce(.infinity, smaller)
    case .product: return values.reduce(1, *)
    case .magnitudes: return values.reduce(0) { $0 + abs($1) }
    case .norm: return values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .squares: return values.reduce(0) { $0 + $1 * $1 }
    case .logOfSum: return logarithm(values.reduce(0, +))
    case .logOfExponentials:
      let largest = values.reduce(-.infinity, larger)
      guard largest.isFinite else { return largest }
      return largest + logarithm(values.reduce(0) { $0 + exponential($1 - largest) })
    }
  }

  private func reduce(_ values: ArraySlice<Int64>) throws(GraphFailure) -> Int64 {
    switch self {
    case .sum: return values.reduce(0, &+)
    case .product: return values.reduce(1, &*)
    case .magnitudes: return values.reduce(0) { $0 &+ ($1 < 0 ? 0 &- $1 : $1) }
    case .squares: return values.reduce(0) { $0 &+ $1 &* $1 }
    case .mean where !values.isEmpty: return values.reduce(0, &+) / Int64(values.count)
    case .maximum where !values.isEmpty: return values.max() ?? 0
    case .minimum where !values.isEmpty: return values.min() ?? 0
    default: throw GraphFailure(expected: "integers to reduce", found: "none")
    }
  }
}

extension GraphValue {
  /// The array with some axes behind all others.
  func withAxesLast(
    _ axes: [Int], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    try transposed(shape.indices.filter { !axes.contains($0) } + axes.sorted(), &run)
  }

  /// The array with its last axis at a place instead.
  func withLastAxis(at place: Int, _ run: inout GraphRun) throws(GraphFailure) -> GraphValue {
    var order = Array(0..<rank - 1)
    order.insert(rank - 1, at: place)
    return try transposed(order, &run)
  }
}
