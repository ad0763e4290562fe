import Checkpoint
import TensorCore

extension GraphOperator {
  /// Sums, means, extremes and their places along axes.
  static let reductions: [String: GraphOperator] = [
    "ReduceSum": reduction(.sum, axesAreInputFrom: 13),
    "ReduceMean": reduction(.mean, axesAreInputFrom: 18),
    "ReduceMax": reduction(.maximum, axesAreInputFrom: 18),
    "ReduceMin": reduction(.minimum, axesAreInputFrom: 18),
    "ReduceProd": reduction(.product, axesAreInputFrom: 18),
    "ArgMax": extremePlace(isLargest: true),
    "ArgMin": extremePlace(isLargest: false),
    "CumSum": GraphOperator(2...2) { node throws(GraphFailure) in
      let (isExclusive, isReverse) = (try node.flag("exclusive"), try node.flag("reverse"))
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let axis = try position(ofAxis: inputs.integer(1, "axis"), rank: x.rank)
        try run.count(of: x.shape)
        return [runningSum(x, axis, isExclusive: isExclusive, isReverse: isReverse)]
      }
    },
    "Softmax": softmax { TensorCore.softmax($0, along: $1) },
    "LogSoftmax": softmax { TensorCore.logSoftmax($0, along: $1) },
  ]

  private static func reduction(
    _ reduction: Reduction, axesAreInputFrom version: Int
  ) -> GraphOperator {
    GraphOperator(1...2) { node throws(GraphFailure) in
      let axes = try node.integers("axes", orInput: 1, from: version)
      let keepsAxes = try node.flag("keepdims", default: true)
      let ignoresEmpty = try node.flag("noop_with_empty_axes")
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let given = try axes.values(inputs) ?? []
        if given.isEmpty, ignoresEmpty { return [x] }
        let axes = given.isEmpty ? Array(x.shape.indices) : given
        let places = try positions(ofAxes: axes, rank: x.rank)
        return [try reduction(x, along: places, keepsAxes: keepsAxes, &run)]
      }
    }
  }

  /// The index of the largest or smallest element along an axis; of several the first, or the last.
  private static func extremePlace(isLargest: Bool) -> GraphOperator {
    GraphOperator(1...1) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? 0
      let keepsAxis = try node.flag("keepdims", default: true)
      let choosesLast = try node.flag("select_last_index")
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let place = try position(ofAxis: axis, rank: x.rank)
        try run.count(of: x.shape)
        let width = x.shape[place]
        guard width > 0 else {
          throw GraphFailure(expected: "an axis with elements", found: "shape \(x.shape)")
        }
        let rows = try x.withAxesLast([place], &run)
        func best<Element: Comparable>(_ values: [Element]) -> [Int64] {
          stride(from: 0, to: values.count, by: width).map { start in
            var best = start
            for index in start..<start + width {
              let (new, old) = (values[index], values[best])
              if isLargest ? new > old : new < old { best = index }
              if choosesLast, new == old { best = index }
            }
            return Int64(best - start)
          }
        }
        var shape = x.shape
        shape[place] = 1
        if !keepsAxis { shape.remove(at: place) }
        if let integers = rows.integers { return [GraphValue(best(integers), shape: shape)] }
        return [GraphValue(best(rows.doubles), shape: shape)]
      }
    }
  }

  /// Before version 13 the axes from `axis` on are one.
  private static func softmax(
    _ function: @escaping @Sendable (Tensor, Int) -> Tensor
  ) -> GraphOperator {
    GraphOperator(1...1) { node throws(GraphFailure) in
      let isFlattened = node.version < 13
      let axis = try node.integer("axis") ?? (isFlattened ? 1 : -1)
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.tensor(0)
        try run.count(of: x.shape)
        let place =
          isFlattened && axis == x.shape.count
          ? axis : try position(ofAxis: axis, rank: x.shape.count)
        if x.tensor.count == 0 { return [GraphValue(x.tensor, as: x.type)] }
        guard isFlattened else { return [GraphValue(function(x.tensor, place), as: x.type)] }
        let rows = x.shape[..<place].reduce(1, *)
        let flat = x.tensor.reshaped(to: [rows, x.tensor.count / rows])
        return [GraphValue(function(flat, 1).reshaped(to: x.shape), as: x.type)]
      }
    }
  }
}

/// What becomes of the elements along the reduced axes.
private enum Reduction: Sendable {
  case sum, mean, maximum, minimum, product

  func callAsFunction(
    _ x: GraphValue, along axes: [Int], keepsAxes: Bool, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    try run.count(of: x.shape)
    var shape = x.shape
    for axis in axes { shape[axis] = 1 }
    if !keepsAxes { shape = shape.indices.filter { !axes.contains($0) }.map { shape[$0] } }
    let count = try run.count(of: shape)
    if axes.isEmpty { return x.reshaped(to: shape) }
    if case .floats(let tensor) = x.elements, x.count > 0, let reduced = reduce(tensor, axes) {
      return GraphValue(reduced.reshaped(to: shape), as: x.elementType)
    }
    let width = axes.reduce(1) { $0 * x.shape[$1] }
    let rows = try x.withAxesLast(axes, &run)
    if let integers = rows.integers {
      let results = try (0..<count).map { row throws(GraphFailure) in
        try reduce(integers[row * width..<(row + 1) * width])
      }
      return GraphValue(results, shape: shape, as: x.elementType)
    }
    guard x.elementType.isFloat else {
      throw GraphFailure(expected: "numbers", found: x.elementType)
    }
    let doubles = rows.doubles
    let results = (0..<count).map { reduce(doubles[$0 * width..<($0 + 1) * width]) }
    return GraphValue(results, shape: shape).converted(to: x.elementType)
  }

  private func reduce(_ x: Tensor, _ axes: [Int]) -> Tensor? {
    switch self {
    case .sum: x.sum(along: axes)
    case .mean: x.mean(along: axes)
    case .maximum: x.max(along: axes)
    case .minimum: -((-x).max(along: axes))
    case .product: nil
    }
  }

  private func reduce(_ values: ArraySlice<Double>) -> Double {
    switch self {
    case .sum: values.reduce(0, +)
    case .mean: values.reduce(0, +) / Double(values.count)
    case .maximum: values.reduce(-.infinity) { $0.isNaN || $0 > $1 ? $0 : $1 }
    case .minimum: values.reduce(.infinity) { $0.isNaN || $0 < $1 ? $0 : $1 }
    case .product: values.reduce(1, *)
    }
  }

  private func reduce(_ values: ArraySlice<Int64>) throws(GraphFailure) -> Int64 {
    switch self {
    case .sum: return values.reduce(0, &+)
    case .product: return values.reduce(1, &*)
    case .mean where !values.isEmpty: return values.reduce(0, &+) / Int64(values.count)
    case .maximum where !values.isEmpty: return values.max() ?? 0
    case .minimum where !values.isEmpty: return values.min() ?? 0
    default: throw GraphFailure(expected: "integers to reduce", found: "none")
    }
  }
}

extension GraphValue {
  /// The array with some axes behind all others.
  fileprivate func withAxesLast(
    _ axes: [Int], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    try transposed(shape.indices.filter { !axes.contains($0) } + axes.sorted(), &run)
  }
}

/// Sums of the elements before or behind each place of an axis, that place included or not.
private func runningSum(
  _ x: GraphValue, _ axis: Int, isExclusive: Bool, isReverse: Bool
) -> GraphValue {
  let (length, inner) = (x.shape[axis], x.shape[(axis + 1)...].reduce(1, *))
  func sums<Element: AdditiveArithmetic>(
    _ values: [Element], _ add: (Element, Element) -> Element
  ) -> [Element] {
    var result = values
    guard length > 0, !values.isEmpty else { return result }
    for start in 0..<values.count / (length * inner) {
      for offset in 0..<inner {
        var sum = Element.zero
        for step in 0..<length {
          let row = isReverse ? length - 1 - step : step
          let place = (start * length + row) * inner + offset
          let next = add(sum, values[place])
          result[place] = isExclusive ? sum : next
          sum = next
        }
      }
    }
    return result
  }
  switch x.elements {
  case .floats(let tensor):
    return GraphValue(Tensor(sums(tensor.scalars, +), shape: x.shape), as: x.elementType)
  case .doubles(let values): return GraphValue(sums(values, +), shape: x.shape)
  case .integers(let values):
    return GraphValue(sums(values, &+), shape: x.shape, as: x.elementType)
  }
}
