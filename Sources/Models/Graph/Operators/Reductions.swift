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
    "ReduceL1": reduction(.magnitudes, axesAreInputFrom: 18),
    "ReduceL2": reduction(.norm, axesAreInputFrom: 18),
    "ReduceSumSquare": reduction(.squares, axesAreInputFrom: 18),
    "ReduceLogSum": reduction(.logOfSum, axesAreInputFrom: 18),
    "ReduceLogSumExp": reduction(.logOfExponentials, axesAreInputFrom: 18),
    "ArgMax": extremePlace(isLargest: true),
    "ArgMin": extremePlace(isLargest: false),
    "CumSum": running(.sum),
    "CumProd": running(.product),
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
        let axes = given.isEmpty && !ignoresEmpty ? Array(x.shape.indices) : given
        let places = try positions(ofAxes: axes, rank: x.rank)
        return [try reduction(x, along: places, keepsAxes: keepsAxes, &run)]
      }
    }
  }

  private static func running(_ total: RunningTotal) -> GraphOperator {
    GraphOperator(2...2) { node throws(GraphFailure) in
      let (isExclusive, isReverse) = (try node.flag("exclusive"), try node.flag("reverse"))
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let axis = try position(ofAxis: inputs.integer(1, "axis"), rank: x.rank)
        try run.count(of: x.shape)
        return [total(x, axis, isExclusive: isExclusive, isReverse: isReverse)]
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
}
