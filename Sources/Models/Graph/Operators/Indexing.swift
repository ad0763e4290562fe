import Checkpoint
import TensorCore

extension GraphOperator {
  /// Operators that pick elements of an array by their places.
  static let indexing: [String: GraphOperator] = [
    "Gather": GraphOperator(2...2, .arranges) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? 0
      return { inputs, run throws(GraphFailure) in
        let (table, places) = (try inputs.value(0), try inputs.value(1))
        let place = try position(ofAxis: axis, rank: table.rank)
        let indices = try places.indices(below: table.shape[place])
        let taken = try table.taking(indices, along: place, &run)
        var shape = table.shape
        shape.replaceSubrange(place...place, with: places.shape)
        guard shape.count <= GraphRun.maximumRank else {
          throw GraphFailure(expected: "at most \(GraphRun.maximumRank) axes", found: shape.count)
        }
        return [taken.reshaped(to: shape)]
      }
    },
    "OneHot": GraphOperator(3...3) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? -1
      return { inputs, run throws(GraphFailure) in
        [try oneHot(inputs.value(0), inputs.integer(1, "depth"), inputs.value(2), axis, &run)]
      }
    },
    "Slice": GraphOperator(1...5, .arranges) { node throws(GraphFailure) in
      let first = 10
      let starts = try node.integers("starts", orInput: 1, from: first)
      let ends = try node.integers("ends", orInput: 2, from: first)
      let axes = try node.integers("axes", orInput: 3, from: first)
      let steps = node.integers(ofInput: 4, "steps")
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        guard let starts = try starts.values(inputs), let ends = try ends.values(inputs),
          starts.count == ends.count, starts.count <= x.rank || inputs.count > 3
        else { throw GraphFailure("expected as many starts as ends, one for each axis") }
        let axes = try axes.values(inputs) ?? Array(starts.indices)
        let steps =
          try steps.values(inputs) ?? [Int](repeating: 1, count: starts.count)
        guard axes.count == starts.count, steps.count == starts.count else {
          throw GraphFailure(
            expected: "\(starts.count) axes and steps", found: "\(axes.count) and \(steps.count)")
        }
        var result = x
        for (index, place) in try positions(ofAxes: axes, rank: x.rank).enumerated() {
          let part = try SliceRange(
            starts[index], ends[index], step: steps[index], of: x.shape[place])
          result = try result.sliced(part, along: place, &run)
        }
        return [result]
      }
    },
    "Split": GraphOperator(1...2, outputs: 65_536, .arranges) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? 0
      let parts = node.node.outputs.count
      let declared = try node.integer("num_outputs", in: 1...65_536)
      let sizes: GraphIntegers =
        node.version < 13
        ? .known(try node.integers("split"))
        : try node.integers("split", orInput: 1, from: 13)
      if let declared, declared != parts {
        throw GraphFailure("num_outputs: expected \(parts), found \(declared)")
      }
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let place = try position(ofAxis: axis, rank: x.rank)
        var sizes = try sizes.values(inputs) ?? []
        if sizes.isEmpty {
          sizes = try equalParts(of: x.shape[place], parts, isLastSmaller: declared != nil)
        }
        guard sizes.count == parts, sizes.allSatisfy({ $0 >= 0 && $0 <= x.shape[place] }),
          sizes.reduce(0, &+) == x.shape[place]
        else {
          throw GraphFailure(
            expected: "\(parts) parts of \(x.shape[place])", found: "\(sizes.prefix(64))")
        }
        var (results, start) = ([GraphValue](), 0)
        for size in sizes {
          let part = SliceRange(start: start, step: 1, count: size)
          results.append(try x.sliced(part, along: place, &run))
          start += size
        }
        return results
      }
    },
    "Pad": GraphOperator(1...4, .arranges) { node throws(GraphFailure) in
      let mode = try node.choice("mode", of: ["constant", "reflect", "edge", "wrap"])
      let pads = try node.integers("pads", orInput: 1, from: 11)
      let value = node.version < 11 ? try node.float("value") ?? 0 : 0
      let usual = GraphValue(Tensor(value))
      let padding = Padding(rawValue: mode ?? "constant") ?? .constant
      let given = node.integers(ofInput: 3, "axes")
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        let axes = try given.values(inputs) ?? Array(x.shape.indices)
        let places = try positions(ofAxes: axes, rank: x.rank)
        guard let pads = try pads.values(inputs), pads.count == 2 * places.count else {
          throw GraphFailure("expected \(2 * places.count) pads, two for each axis")
        }
        let fill = inputs.optional(2) ?? usual.converted(to: x.elementType)
        guard fill.count == 1, fill.elementType == x.elementType else {
          throw GraphFailure(
            expected: "one value of \(x.elementType) to pad with",
            found: "\(fill.elementType) of shape \(fill.shape)")
        }
        var result = x
        for (index, place) in places.enumerated() {
          let indices = try padding.indices(
            of: x.shape[place], before: pads[index], after: pads[index + places.count], &run)
          if let indices { result = try result.taking(indices, along: place, fill: fill, &run) }
        }
        return [result]
      }
    },
  ]
}

/// Rows with one value at an index and another everywhere else.
private func oneHot(
  _ value: GraphValue, _ depth: Int, _ values: GraphValue, _ axis: Int, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  guard depth > 0, values.shape == [2] else {
    throw GraphFailure(
      expected: "a positive depth and two values", found: "\(depth) and shape \(values.shape)")
  }
  let count = try run.count(of: value.shape + [depth])
  var offsets = [Int](repeating: 0, count: count)
  for (row, number) in value.doubles.enumerated() {
    let index = number < 0 ? number + Double(depth) : number
    if index >= 0, index < Double(depth) { offsets[row * depth + Int(index)] = 1 }
  }
  let rows = values.picking(offsets, shape: value.shape + [depth])
  return try rows.withLastAxis(at: position(ofAxis: axis, rank: rows.rank), &run)
}

/// Sizes of equal parts; where the axis cannot be split equally, the last one may be smaller.
private func equalParts(
  of length: Int, _ parts: Int, isLastSmaller: Bool
) throws(GraphFailure) -> [Int] {
  guard parts > 0, isLastSmaller || length.isMultiple(of: parts) else {
    throw GraphFailure(expected: "\(parts) equal parts", found: "an axis of size \(length)")
  }
  let size = (length + parts - 1) / parts
  let rest = length - size * (parts - 1)
  guard rest >= 0 else {
    throw GraphFailure(expected: "\(parts) parts", found: "an axis of size \(length)")
  }
  return [Int](repeating: size, count: parts - 1) + [rest]
}

/// The elements of an axis that a slice keeps.
private struct SliceRange {
  var start: Int
  var step: Int
  var count: Int

  init(start: Int, step: Int, count: Int) {
    (self.start, self.step, self.count) = (start, step, count)
  }

  /// From a start to before an end, which both may count from the end and lie outside.
  init(_ start: Int, _ end: Int, step: Int, of length: Int) throws(GraphFailure) {
    guard step != 0 else { throw GraphFailure(expected: "a step other than 0", found: 0) }
    func absolute(_ place: Int) -> Int {
      place < 0 ? place.addingReportingOverflow(length).partialValue : place
    }
    let (first, last) = (absolute(start), absolute(end))
    self.step = step
    if step > 0 {
      self.start = max(0, min(length, first))
      let stop = max(0, min(length, last))
      count = stop <= self.start ? 0 : (stop - self.start - 1) / step + 1
    } else {
      self.start = max(-1, min(length - 1, first))
      let stop = max(-1, min(length - 1, last))
      // The magnitude of the least integer is no `Int`.
      let distance = step == .min ? .max : -step
      count = stop >= self.start ? 0 : (self.start - stop - 1) / distance + 1
    }
  }
}

extension GraphValue {
  fileprivate func sliced(
    _ range: SliceRange, along axis: Int, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    if range.start == 0, range.step == 1, range.count == shape[axis] { return self }
    if range.step == 1, case .floats(let tensor) = elements, range.count > 0, count > 0 {
      var result = shape
      result[axis] = range.count
      try run.count(of: result)
      return GraphValue(
        tensor.slice(range.start..<range.start + range.count, along: axis), as: elementType)
    }
    try run.charge(range.count)
    // With one element the step, which may be any number, is not taken.
    let indices = (0..<range.count).map { $0 == 0 ? range.start : range.start + $0 * range.step }
    return try taking(indices, along: axis, &run)
  }
}

/// Where the elements beyond the ends of an axis come from.
private enum Padding: String {
  /// A given value.
  case constant
  /// The axis mirrored at its first and last element.
  case reflect
  /// The first and last element.
  case edge
  /// The axis from its other end.
  case wrap

  /// The index of each element of the padded axis, -1 for the given value; nil if nothing is added or removed.
  ///
  /// Negative sizes remove elements.
  func indices(
    of length: Int, before: Int, after: Int, _ run: inout GraphRun
  ) throws(GraphFailure) -> [Int]? {
    if before == 0, after == 0 { return nil }
    let limit = run.limits.elements
    guard abs(before.clamped) <= limit, abs(after.clamped) <= limit else {
      throw GraphFailure(expected: "pads of at most \(limit)", found: "\(before) and \(after)")
    }
    let total = before + length + after
    guard total >= 0 else {
      throw GraphFailure(
        expected: "pads of an axis of \(length)", found: "\(before) and \(after)")
    }
    try run.count(of: [total])
    guard self == .constant || length > 0 || total == 0 else {
      throw GraphFailure(expected: "an axis with elements to repeat", found: "size 0")
    }
    return (0..<total).map { index in
      let place = index - before
      if place >= 0, place < length { return place }
      switch self {
      case .constant: return -1
      case .edge: return place < 0 ? 0 : length - 1
      case .wrap: return ((place % length) + length) % length
      case .reflect:
        if length == 1 { return 0 }
        let period = 2 * (length - 1)
        let wrapped = ((place % period) + period) % period
        return wrapped < length ? wrapped : period - wrapped
      }
    }
  }
}

extension Int {
  /// The number, where its magnitude could overflow the nearest whose magnitude does not.
  fileprivate var clamped: Int { Swift.max(self, -.max) }
}
