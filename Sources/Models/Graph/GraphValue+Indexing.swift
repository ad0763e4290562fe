import Checkpoint
import TensorCore

/// The distance between neighbours along each axis of a row-major array.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() {
    strides[axis] = strides[axis + 1] * max(1, shape[axis + 1])
  }
  return strides
}

/// The offsets of a strided view's elements, in row-major order: `start` plus index times stride along every axis.
func stridedOffsets(_ shape: [Int], _ strides: [Int], start: Int = 0) -> [Int] {
  var offsets = [start]
  for (extent, stride) in zip(shape, strides) {
    if extent == 1 { continue }
    var next: [Int] = []
    next.reserveCapacity(offsets.count * extent)
    for offset in offsets {
      for index in 0..<extent { next.append(offset + index * stride) }
    }
    offsets = next
  }
  return offsets
}

extension GraphValue {
  /// The elements at the given offsets, in a shape; offset -1 stands for `fill`, which has one element of the type.
  func picking(_ offsets: [Int], shape: [Int], fill: GraphValue? = nil) -> GraphValue {
    func pick<Element>(_ values: [Element], _ rest: Element) -> [Element] {
      offsets.map { $0 < 0 ? rest : values[$0] }
    }
    switch elements {
    case .floats(let tensor):
      let rest = fill?.tensor?.scalars.first ?? 0
      let picked = Tensor(writing: shape) { result in
        tensor.withUnsafePointer { source in
          for (index, offset) in offsets.enumerated() {
            result[index] = offset < 0 ? rest : source[offset]
          }
        }
      }
      return GraphValue(picked, as: elementType)
    case .doubles(let values):
      return GraphValue(pick(values, fill?.doubles.first ?? 0), shape: shape)
    case .integers(let values):
      var rest: Int64 = 0
      if case .integers(let fills)? = fill?.elements { rest = fills.first ?? 0 }
      return GraphValue(pick(values, rest), shape: shape, as: elementType)
    }
  }

  /// The elements at indices along an axis; index -1 stands for `fill`.
  ///
  /// The indices must be inside the axis.
  func taking(
    _ indices: [Int], along axis: Int, fill: GraphValue? = nil, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    var result = shape
    result[axis] = indices.count
    let count = try run.count(of: result)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    guard fill == nil, inner > 1, case .floats(let tensor) = elements else {
      var offsets: [Int] = []
      offsets.reserveCapacity(count)
      for start in 0..<outer {
        for index in indices {
          let first = (start * shape[axis] + index) * inner
          for offset in 0..<inner { offsets.append(index < 0 ? -1 : first + offset) }
        }
      }
      return picking(offsets, shape: result, fill: fill)
    }
    let rows = Tensor(writing: result) { target in
      tensor.withUnsafePointer { source in
        var place = target
        for start in 0..<outer {
          for index in indices {
            place.update(from: source + (start * shape[axis] + index) * inner, count: inner)
            place += inner
          }
        }
      }
    }
    return GraphValue(rows, as: elementType)
  }

  /// The same elements with other axes: axis i of the result is axis `order[i]`.
  func transposed(_ order: [Int], _ run: inout GraphRun) throws(GraphFailure) -> GraphValue {
    let result = order.map { shape[$0] }
    let count = try run.count(of: result)
    // Axes of size 1 may move freely.
    let moved = order.filter { shape[$0] != 1 }
    if count <= 1 || moved == moved.sorted() { return reshaped(to: result) }
    if case .floats(let tensor) = elements {
      return GraphValue(tensor.transposed(order), as: elementType)
    }
    let strides = rowMajorStrides(shape)
    return picking(stridedOffsets(result, order.map { strides[$0] }), shape: result)
  }

  /// The elements repeated along axes of size 1 and along new axes in front.
  func broadcast(to target: [Int], _ run: inout GraphRun) throws(GraphFailure) -> GraphValue {
    guard Broadcasting.shape(shape, target) == target else {
      throw GraphFailure(expected: "a shape that \(shape) can be repeated to", found: "\(target)")
    }
    let count = try run.count(of: target)
    if shape == target { return self }
    if case .floats(let tensor) = elements, count > 0 {
      return GraphValue(tensor.broadcast(to: target), as: elementType)
    }
    return picking(stridedOffsets(target, broadcastStrides(shape, in: target)), shape: target)
  }

  /// The values one after the other along an axis; all have one type and, along other axes, one shape.
  static func concatenated(
    _ values: [GraphValue], along axis: Int, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let first = values[0]
    let result = try joinedShape(values, along: axis)
    try run.count(of: result)
    let full = values.filter { $0.count > 0 }
    if full.count == 1, full[0].shape == result { return full[0] }
    let outer = result[..<axis].reduce(1, *)
    func join<Element>(_ parts: [[Element]]) -> [Element] {
      var all: [Element] = []
      for row in 0..<outer {
        for part in parts {
          let width = part.count / outer
          all += part[row * width..<(row + 1) * width]
        }
      }
      return all
    }
    switch first.elements {
    case .floats:
      let parts = full.compactMap(\.tensor)
      return GraphValue(
        parts.isEmpty ? Tensor(zeros: result) : concatenate(parts, along: axis),
        as: first.elementType)
    case .doubles:
      return GraphValue(outer == 0 ? [] : join(values.map(\.doubles)), shape: result)
    case .integers:
      let parts = values.map { value -> [Int64] in
        if case .integers(let integers) = value.elements { integers } else { [] }
      }
      return GraphValue(outer == 0 ? [] : join(parts), shape: result, as: first.elementType)
    }
  }

  /// The shape of values one after the other along an axis.
  private static func joinedShape(
    _ values: [GraphValue], along axis: Int
  ) throws(GraphFailure) -> [Int] {
    let first = values[0]
    var result = first.shape
    result[axis] = 0
    for value in values {
      var (expected, found) = (first.shape, value.shape)
      guard found.count == expected.count, value.elementType == first.elementType else {
        throw GraphFailure(
          expected: "\(first.elementType) of \(first.rank) axes",
          found: "\(value.elementType) of \(value.rank)")
      }
      result[axis] += found[axis]
      (expected[axis], found[axis]) = (0, 0)
      guard expected == found else {
        throw GraphFailure(
          expected: "shapes that differ in axis \(axis) alone",
          found: "\(first.shape) and \(value.shape)")
      }
    }
    return result
  }

  /// Every element as a `Double`.
  var doubles: [Double] {
    switch elements {
    case .floats(let tensor): tensor.scalars.map { Double($0) }
    case .doubles(let values): values
    case .integers(let values):
      elementType == .uint64
        ? values.map { Double(UInt64(bitPattern: $0)) } : values.map { Double($0) }
    }
  }

  /// The array as floats of 32 bits where it has fewer: halves are rounded once, at the end of an operator.
  var exact: GraphValue { elementType.isTensor ? converted(to: .float32) : self }

  /// The elements in another type: floats are rounded, towards zero and to the range for integers.
  func converted(to type: ElementType) -> GraphValue {
    if type == elementType { return self }
    switch (elements, type) {
    case (.floats(let tensor), _) where type.isTensor: return GraphValue(tensor, as: type)
    case (.integers(let values), .bool):
      return GraphValue(values.map { $0 == 0 ? 0 : 1 }, shape: shape, as: type)
    case (.integers(let values), _) where !type.isFloat:
      return GraphValue(values, shape: shape, as: type)
    case (.integers(let values), _) where type.isTensor && elementType != .uint64:
      // One rounding, from the integer: by way of Double there would be two.
      return GraphValue(Tensor(values.map { Float($0) }, shape: shape), as: type)
    default: break
    }
    let values = doubles
    if type == .float64 { return GraphValue(values, shape: shape) }
    if type.isTensor {
      return GraphValue(Tensor(values.map { Float($0) }, shape: shape), as: type)
    }
    return GraphValue(values.map { type.integer($0) }, shape: shape, as: type)
  }
}

/// The strides of an array in a shape to which it is broadcast: 0 where it is repeated.
func broadcastStrides(_ shape: [Int], in target: [Int]) -> [Int] {
  let own = rowMajorStrides(shape)
  let offset = target.count - shape.count
  return target.indices.map { axis in
    axis < offset || shape[axis - offset] == 1 ? 0 : own[axis - offset]
  }
}
