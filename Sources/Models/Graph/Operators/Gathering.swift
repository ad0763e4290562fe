import Checkpoint

extension GraphOperator {
  /// Operators that pick elements by an array of places, and those that put elements at such places.
  static let gathering: [String: GraphOperator] = [
    "GatherND": GraphOperator(2...2, .arranges) { node throws(GraphFailure) in
      let batchAxes = try node.integer("batch_dims", in: 0...GraphRun.maximumRank) ?? 0
      return { inputs, run throws(GraphFailure) in
        let (x, places) = (try inputs.value(0), try inputs.value(1))
        let rows = try RowPlaces(places, in: x.shape, batchAxes: batchAxes, &run)
        let table = x.reshaped(to: [rows.tableCount, rows.shape.reduce(1, *)])
        let picked = try table.taking(rows.indices, along: 0, &run)
        let shape = Array(places.shape.dropLast()) + rows.shape
        try run.count(of: shape)
        return [picked.reshaped(to: shape)]
      }
    },
    "GatherElements": GraphOperator(2...2, .arranges) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? 0
      return { inputs, run throws(GraphFailure) in
        let (x, places) = (try inputs.value(0), try inputs.value(1))
        let offsets = try x.offsets(ofPlaces: places, along: axis, &run)
        return [x.picking(offsets, shape: places.shape)]
      }
    },
    "ScatterND": GraphOperator(3...3) { node throws(GraphFailure) in
      let combination = try node.combination()
      return { inputs, run throws(GraphFailure) in
        let (x, places, updates) = (
          try inputs.value(0), try inputs.value(1), try inputs.value(2)
        )
        let rows = try RowPlaces(places, in: x.shape, batchAxes: 0, &run)
        try updates.check(Array(places.shape.dropLast()) + rows.shape, x.elementType)
        let width = rows.shape.reduce(1, *)
        try run.count(of: updates.shape)
        let offsets = rows.indices.flatMap { $0 * width..<($0 + 1) * width }
        return [try x.scattering(updates, at: offsets, combination, &run)]
      }
    },
    "ScatterElements": scatterElements,
    // The operator's name before operator set 11.
    "Scatter": scatterElements,
  ]

  private static let scatterElements = GraphOperator(3...3) { node throws(GraphFailure) in
    let axis = try node.integer("axis") ?? 0
    let combination = try node.combination()
    return { inputs, run throws(GraphFailure) in
      let (x, places, updates) = (try inputs.value(0), try inputs.value(1), try inputs.value(2))
      try updates.check(places.shape, x.elementType)
      let offsets = try x.offsets(ofPlaces: places, along: axis, &run)
      return [try x.scattering(updates, at: offsets, combination, &run)]
    }
  }
}

extension GraphNode {
  fileprivate mutating func combination() throws(GraphFailure) -> ScatterCombination {
    let name = try choice("reduction", of: ["none", "add", "mul", "max", "min"])
    return name.flatMap { ScatterCombination(rawValue: $0) } ?? .replaces
  }
}

/// Rows of an array, each at the place that the last axis of an array of indices states.
private struct RowPlaces {
  /// The shape of a row: the axes that no index is for.
  let shape: [Int]
  /// The number of rows in the array.
  let tableCount: Int
  /// The places of rows.
  let indices: [Int]

  /// - Parameter batchAxes: the number of axes in front that array and indices have in common.
  init(
    _ places: GraphValue, in table: [Int], batchAxes: Int, _ run: inout GraphRun
  ) throws(GraphFailure) {
    let width = places.shape.last ?? 0
    guard places.rank > batchAxes, table.count > batchAxes,
      (1...table.count - batchAxes).contains(width),
      places.shape[..<batchAxes] == table[..<batchAxes]
    else {
      throw GraphFailure(
        expected:
          "\(batchAxes) axes of \(table), then indices of up to \(table.count - batchAxes) axes",
        found: "shape \(places.shape)")
    }
    guard let numbers = places.integers else {
      throw GraphFailure(expected: "indices that are integers", found: places.elementType)
    }
    try run.count(of: places.shape)
    let axes = table[batchAxes..<batchAxes + width]
    let rows = numbers.count / width
    let rowsOfBatch = rows / max(1, table[..<batchAxes].reduce(1, *))
    let rowsOfTable = axes.reduce(1, *)
    var found: [Int] = []
    found.reserveCapacity(rows)
    for row in 0..<rows {
      var place = 0
      for (index, extent) in zip(numbers[row * width..<(row + 1) * width], axes) {
        place = place * extent + (try index.place(below: extent))
      }
      found.append(row / rowsOfBatch * rowsOfTable + place)
    }
    shape = Array(table[(batchAxes + width)...])
    tableCount = table[..<(batchAxes + width)].reduce(1, *)
    indices = found
  }
}

extension GraphValue {
  /// The offsets of the elements whose place along an axis an array of indices states, along other axes their own place.
  fileprivate func offsets(
    ofPlaces places: GraphValue, along axis: Int, _ run: inout GraphRun
  ) throws(GraphFailure) -> [Int] {
    let axis = try position(ofAxis: axis, rank: rank)
    guard places.rank == rank,
      places.shape.indices.allSatisfy({ $0 == axis || places.shape[$0] <= shape[$0] })
    else {
      throw GraphFailure(
        expected: "indices that fit \(shape) along all axes but \(axis)",
        found: "shape \(places.shape)")
    }
    try run.count(of: places.shape)
    var strides = rowMajorStrides(shape)
    let stride = strides[axis]
    strides[axis] = 0
    let indices = try places.indices(below: shape[axis])
    return zip(stridedOffsets(places.shape, strides), indices).map { $0 + $1 * stride }
  }

  fileprivate func check(_ expected: [Int], _ type: ElementType) throws(GraphFailure) {
    guard shape == expected, elementType == type else {
      throw GraphFailure(
        expected: "updates of \(type) of shape \(expected)",
        found: "\(elementType) of shape \(shape)")
    }
  }

  /// Indices of an axis, where they counted from the end from its start.
  func indices(below count: Int) throws(GraphFailure) -> [Int] {
    guard let integers else {
      throw GraphFailure(expected: "indices that are integers", found: elementType)
    }
    var result: [Int] = []
    result.reserveCapacity(integers.count)
    for index in integers { result.append(try index.place(below: count)) }
    return result
  }
}

extension Int64 {
  /// The place of an index that may count from the end.
  fileprivate func place(below count: Int) throws(GraphFailure) -> Int {
    guard self >= -count, self < count else {
      throw GraphFailure(expected: "an index of \(count) places", found: self)
    }
    return Int(self < 0 ? self + Int64(count) : self)
  }
}
