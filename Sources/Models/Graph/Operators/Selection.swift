import Checkpoint

extension GraphOperator {
  /// Operators that pick elements by their values, or by truth values.
  static let selection: [String: GraphOperator] = [
    "TopK": GraphOperator(1...2, outputs: 2) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? -1
      let isLargest = try node.flag("largest", default: true)
      _ = try node.flag("sorted")
      let counts: GraphIntegers =
        node.version < 10
        ? .known(try node.integer("k").map { [$0] }) : node.integers(ofInput: 1, "k")
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let place = try position(ofAxis: axis, rank: x.rank)
        guard let k = try counts.values(inputs), k.count == 1, (0...x.shape[place]).contains(k[0])
        else {
          throw GraphFailure(
            expected: "k from 0 to \(x.shape[place])", found: "\(try counts.values(inputs) ?? [])")
        }
        return try x.extremes(k[0], isLargest: isLargest, along: place, &run)
      }
    },
    "NonZero": GraphOperator(1...1, .selects) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        try run.count(of: x.shape)
        let values = x.doubles
        let offsets = values.indices.filter { values[$0] != 0 }
        try run.count(of: [x.rank, offsets.count])
        let places = zip(rowMajorStrides(x.shape), x.shape).flatMap { stride, extent in
          offsets.map { Int64($0 / stride % extent) }
        }
        return [GraphValue(places, shape: [x.rank, offsets.count])]
      }
    },
    "Compress": GraphOperator(2...2, .arranges) { node throws(GraphFailure) in
      let axis = try node.integer("axis")
      return { inputs, run throws(GraphFailure) in
        var x = try inputs.value(0)
        let (condition, shape) = try inputs.truth(1)
        if axis == nil { x = x.reshaped(to: [x.count]) }
        let place = try position(ofAxis: axis ?? 0, rank: x.rank)
        let indices = condition.indices.filter { condition[$0] == 1 }
        guard shape.count == 1, indices.last ?? -1 < x.shape[place] else {
          throw GraphFailure(
            expected: "a list of \(x.shape[place]) truth values",
            found: "shape \(shape), the last one true at \(indices.last ?? 0)")
        }
        return [try x.taking(indices, along: place, &run)]
      }
    },
  ]
}

extension GraphValue {
  /// The largest or smallest elements along an axis in their order, of equal ones the first, and their places.
  fileprivate func extremes(
    _ k: Int, isLargest: Bool, along axis: Int, _ run: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue] {
    guard elementType != .bool else {
      throw GraphFailure(expected: "numbers", found: elementType)
    }
    let width = shape[axis]
    try run.charge(product: count, Int.bitWidth - width.leadingZeroBitCount)
    let rows = try withAxesLast([axis], &run)
    let size = Array(rows.shape.dropLast()) + [k]
    try run.count(of: size)
    let places = rows.orderedPlaces(k, of: width, isLargest: isLargest)
    let offsets = places.enumerated().map { $0.offset / max(1, k) * width + $0.element }
    let values = rows.picking(offsets, shape: size)
    let indices = GraphValue(places.map { Int64($0) }, shape: size)
    return [
      try values.withLastAxis(at: axis, &run), try indices.withLastAxis(at: axis, &run),
    ]
  }

  /// For every row of a width the places of its first k elements in order; NaN counts as the largest.
  private func orderedPlaces(_ k: Int, of width: Int, isLargest: Bool) -> [Int] {
    func places<Element>(
      _ values: [Element], _ isSmaller: (Element, Element) -> Bool
    ) -> [Int] {
      var result: [Int] = []
      for start in stride(from: 0, to: values.count, by: max(1, width)) {
        let order = (0..<width).sorted { a, b in
          let (x, y) = (values[start + a], values[start + b])
          if isSmaller(x, y) { return !isLargest }
          return isSmaller(y, x) ? isLargest : a < b
        }
        result += order.prefix(k)
      }
      return result
    }
    if let integers {
      // With the highest bit turned over, patterns of unsigned integers are in order.
      return places(elementType == .uint64 ? integers.map { $0 ^ .min } : integers, <)
    }
    return places(doubles) { x, y in !x.isNaN && (x < y || y.isNaN) }
  }
}
