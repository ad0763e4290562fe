import Checkpoint
import TensorCore

extension GraphOperator {
  /// Operators on shapes and types, and constants.
  static let shapes: [String: GraphOperator] = [
    "Identity": GraphOperator(1...1, .arranges) { _ throws(GraphFailure) in
      { inputs, _ throws(GraphFailure) in [try inputs.value(0)] }
    },
    "Dropout": GraphOperator(1...3, outputs: 2) { node throws(GraphFailure) in
      _ = try node.float("ratio")
      _ = try node.integer("seed")
      return { inputs, run throws(GraphFailure) in
        if let training = inputs.optional(2), training.doubles.contains(where: { $0 != 0 }) {
          throw GraphFailure("training_mode: expected false, found true")
        }
        let x = try inputs.value(0)
        let count = try run.count(of: x.shape)
        let mask = GraphValue(
          [Int64](repeating: 1, count: count), shape: x.shape, as: .bool)
        return [x, mask]
      }
    },
    "Constant": GraphOperator(0...0) { node throws(GraphFailure) in
      let value = try node.constantValue()
      return { _, _ throws(GraphFailure) in [value] }
    },
    "Cast": GraphOperator(1...1) { node throws(GraphFailure) in
      guard let type = try node.elementType("to") else {
        throw GraphFailure("to: expected an element type")
      }
      _ = try node.flag("saturate")
      _ = try node.choice("round_mode", of: ["up", "down", "nearest"])
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        try run.count(of: x.shape)
        return [x.converted(to: type)]
      }
    },
    "CastLike": GraphOperator(2...2) { node throws(GraphFailure) in
      _ = try node.flag("saturate")
      _ = try node.choice("round_mode", of: ["up", "down", "nearest"])
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        try run.count(of: x.shape)
        return [x.converted(to: try inputs.value(1).elementType)]
      }
    },
    "Shape": GraphOperator(1...1, .measures) { node throws(GraphFailure) in
      let (start, end) = (try node.integer("start") ?? 0, try node.integer("end"))
      return { inputs, _ throws(GraphFailure) in
        let shape = try inputs.value(0).shape
        let first = clamped(start, to: shape.count)
        let last = end.map { clamped($0, to: shape.count) } ?? shape.count
        let part = first < last ? shape[first..<last] : []
        return [GraphValue(part.map { Int64($0) }, shape: [part.count])]
      }
    },
    "Size": GraphOperator(1...1, .measures) { _ throws(GraphFailure) in
      { inputs, _ throws(GraphFailure) in
        [GraphValue([Int64(try inputs.value(0).count)], shape: [])]
      }
    },
    "Reshape": GraphOperator(2...2, .arranges) { node throws(GraphFailure) in
      let keepsZeros = try node.flag("allowzero")
      let shape = node.integers(ofInput: 1, "shape")
      return { inputs, _ throws(GraphFailure) in
        let shape = try shape.values(inputs) ?? []
        return [try reshaped(inputs.value(0), shape, keepsZeros: keepsZeros)]
      }
    },
    "Flatten": GraphOperator(1...1, .arranges) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? 1
      return { inputs, _ throws(GraphFailure) in
        let x = try inputs.value(0)
        let place = axis == x.rank ? axis : try position(ofAxis: axis, rank: x.rank)
        let shape = [x.shape[..<place].reduce(1, *), x.shape[place...].reduce(1, *)]
        return [x.reshaped(to: shape)]
      }
    },
    "Squeeze": GraphOperator(1...2, .arranges) { node throws(GraphFailure) in
      let axes = try node.integers("axes", orInput: 1, from: 13)
      return { inputs, _ throws(GraphFailure) in
        [try squeezed(inputs.value(0), try axes.values(inputs))]
      }
    },
    "Unsqueeze": GraphOperator(1...2, .arranges) { node throws(GraphFailure) in
      let axes = try node.integers("axes", orInput: 1, from: 13)
      return { inputs, _ throws(GraphFailure) in
        guard let axes = try axes.values(inputs) else {
          throw GraphFailure(expected: "axes", found: "none")
        }
        return [try unsqueezed(inputs.value(0), axes)]
      }
    },
    "Transpose": GraphOperator(1...1, .arranges) { node throws(GraphFailure) in
      let order = try node.integers("perm")
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        guard let order else {
          return [try x.transposed(Array(x.shape.indices.reversed()), &run)]
        }
        guard order.count == x.rank else {
          throw GraphFailure(expected: "perm of \(x.rank) axes", found: "\(order)")
        }
        return [try x.transposed(positions(ofAxes: order, rank: x.rank), &run)]
      }
    },
    "Concat": GraphOperator(1...65_536, .arranges) { node throws(GraphFailure) in
      guard let axis = try node.integer("axis") else {
        throw GraphFailure("axis: expected a whole number")
      }
      return { inputs, run throws(GraphFailure) in
        var values: [GraphValue] = []
        for index in inputs.indices { values.append(try inputs.value(index)) }
        let place = try position(ofAxis: axis, rank: values[0].rank)
        return [try GraphValue.concatenated(values, along: place, &run)]
      }
    },
    "Expand": GraphOperator(2...2, .arranges) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let shape = try GraphIntegers.input(1, "shape").values(inputs) ?? []
        try GraphRun.count(of: shape, atMost: run.limits.elements)
        guard let target = Broadcasting.shape(x.shape, shape) else {
          throw GraphFailure(expected: "a shape that fits \(x.shape)", found: "\(shape)")
        }
        return [try x.broadcast(to: target, &run)]
      }
    },
    "ConstantOfShape": GraphOperator(1...1) { node throws(GraphFailure) in
      var value = GraphValue(Tensor([0]))
      if let attribute = node.attribute("value") {
        guard case .tensor(let array) = attribute, array.count == 1 else {
          throw GraphFailure("value: expected an array of one element")
        }
        value = GraphValue(array)
      }
      let one = value.reshaped(to: [])
      return { inputs, run throws(GraphFailure) in
        let shape = try GraphIntegers.input(0, "shape").values(inputs) ?? []
        try GraphRun.count(of: shape, atMost: run.limits.elements)
        return [try one.broadcast(to: shape, &run)]
      }
    },
    "Range": GraphOperator(3...3) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        [try range(inputs.value(0), inputs.value(1), inputs.value(2), &run)]
      }
    },
  ]
}

/// A place that may count from the end, moved into an axis of a length.
private func clamped(_ place: Int, to length: Int) -> Int {
  let absolute = place < 0 ? place.addingReportingOverflow(length).partialValue : place
  return max(0, min(length, absolute))
}

/// The elements in another shape: -1 stands for the size that is left, 0 for the size of the same axis.
private func reshaped(
  _ x: GraphValue, _ wanted: [Int], keepsZeros: Bool
) throws(GraphFailure) -> GraphValue {
  var shape = wanted
  func failure() -> GraphFailure {
    GraphFailure(expected: "a shape of \(x.count) elements", found: "\(wanted)")
  }
  for (axis, extent) in wanted.enumerated() where extent == 0 && !keepsZeros {
    guard axis < x.rank else { throw failure() }
    shape[axis] = x.shape[axis]
  }
  if let open = shape.firstIndex(of: -1) {
    shape[open] = 1
    let known = try GraphRun.count(of: shape, atMost: .max)
    guard known > 0, x.count.isMultiple(of: known) else { throw failure() }
    shape[open] = x.count / known
  }
  guard try GraphRun.count(of: shape, atMost: .max) == x.count else { throw failure() }
  return x.reshaped(to: shape)
}

private func squeezed(_ x: GraphValue, _ axes: [Int]?) throws(GraphFailure) -> GraphValue {
  let removed =
    try axes.map { axes throws(GraphFailure) in try positions(ofAxes: axes, rank: x.rank) }
    ?? x.shape.indices.filter { x.shape[$0] == 1 }
  for axis in removed where x.shape[axis] != 1 {
    throw GraphFailure(expected: "size 1 of axis \(axis)", found: "shape \(x.shape)")
  }
  return x.reshaped(to: x.shape.indices.filter { !removed.contains($0) }.map { x.shape[$0] })
}

private func unsqueezed(_ x: GraphValue, _ axes: [Int]) throws(GraphFailure) -> GraphValue {
  let rank = x.rank + axes.count
  guard rank <= GraphRun.maximumRank else {
    throw GraphFailure(expected: "at most \(GraphRun.maximumRank) axes", found: rank)
  }
  let new = try positions(ofAxes: axes, rank: rank)
  var rest = x.shape[...]
  return x.reshaped(to: (0..<rank).map { new.contains($0) ? 1 : rest.popFirst() ?? 1 })
}

/// start, start + step, ... before the end.
private func range(
  _ start: GraphValue, _ end: GraphValue, _ step: GraphValue, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  let type = start.elementType
  guard start.count == 1, end.count == 1, step.count == 1, end.elementType == type,
    step.elementType == type, type != .bool
  else {
    throw GraphFailure("expected start, end and step as three numbers of one type")
  }
  let (first, last, distance) = (start.doubles[0], end.doubles[0], step.doubles[0])
  let steps = ((last - first) / distance).rounded(.up)
  guard steps.isFinite, steps <= Double(run.limits.elements) else {
    throw GraphFailure(
      expected: "at most \(run.limits.elements) elements",
      found: "\(first) to \(last) by \(distance)")
  }
  let count = try run.count(of: [Int(max(0, steps))])
  if let first = start.integers?.first, let distance = step.integers?.first {
    return GraphValue(
      (0..<count).map { first &+ Int64($0) &* distance }, shape: [count], as: type)
  }
  let values = (0..<count).map { first + Double($0) * distance }
  return GraphValue(values, shape: [count]).converted(to: type)
}

extension GraphNode {
  /// The value of a `Constant` node.
  fileprivate mutating func constantValue() throws(GraphFailure) -> GraphValue {
    let names = node.attributes.keys.sorted()
    guard names.count == 1, let name = names.first, let value = attribute(name) else {
      throw GraphFailure(expected: "one attribute with a value", found: names.count)
    }
    switch (name, value) {
    case ("value", .tensor(let array)): return GraphValue(array)
    case ("value_float", .float(let value)): return GraphValue(Tensor(value))
    case ("value_floats", .floats(let values)): return GraphValue(Tensor(values))
    case ("value_int", .integer(let value)): return GraphValue([Int64(value)], shape: [])
    case ("value_ints", .integers(let values)):
      return GraphValue(values.map { Int64($0) }, shape: [values.count])
    default: throw GraphFailure("\(name): the attribute is not supported")
    }
  }
}
