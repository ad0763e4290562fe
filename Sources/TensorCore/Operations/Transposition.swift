import Requirements

extension Tensor {
  /// The axes in another order: axis i of the result is axis `order[i]` of this tensor. Without an
  /// order the axes are reversed: a matrix is transposed. Differentiable.
  public func transposed(_ order: Int...) -> Tensor {
    transposed(order.isEmpty ? shape.indices.reversed() : order)
  }

  /// The axes in another order, given as a list.
  public func transposed(_ order: [Int]) -> Tensor {
    let positions = positions(of: order)
    require(
      positions.count == rank, "\(order) is not an order of the axes of the shape \(shape)")
    let y = permuted(detached(), positions)
    guard let tape = Tape.tracking(self) else { return y }
    var inverse = positions
    for (new, old) in positions.enumerated() { inverse[old] = new }
    return tape.record(y, self) { [inverse] cotangent, inputs in
      inputs.add(permuted(cotangent, inverse), to: 0)
    }
  }
}

/// The axes in another order, untracked.
///
/// At most two passes over memory: one transposes blocks, so that the right axis becomes the last; one copies rows
/// of that axis to their places.
func permuted(_ x: Tensor, _ order: [Int]) -> Tensor {
  if swapsLastAxes(order) { return withLastAxesSwapped(x) }
  let shape = order.map { x.shape[$0] }
  let (lengths, order) = merged(x.shape, order)
  guard let last = order.last, order != Array(order.indices) else { return x.withShape(shape) }
  if last == order.count - 1 {
    return copyingRows(x, lengths, order).withShape(shape)
  }
  let inner = lengths[(last + 1)...].reduce(1, *)
  let block = lengths[last] * inner
  let turned = Tensor(uninitialized: [x.count]) { result in
    for start in stride(from: 0, to: x.count, by: max(1, block)) {
      transpose(x.elements + start, rows: lengths[last], columns: inner, into: result + start)
    }
  }
  var turnedLengths = lengths
  turnedLengths.append(turnedLengths.remove(at: last))
  let turnedOrder = order.map { $0 == last ? order.count - 1 : $0 > last ? $0 - 1 : $0 }
  if turnedOrder == Array(turnedOrder.indices) { return turned.withShape(shape) }
  return copyingRows(turned, turnedLengths, turnedOrder).withShape(shape)
}

/// Whether an order is that of the axes but for the last two, which change places.
private func swapsLastAxes(_ order: [Int]) -> Bool {
  let last = order.count - 1
  guard last > 0, order[last] == last - 1, order[last - 1] == last else { return false }
  return (0..<last - 1).allSatisfy { order[$0] == $0 }
}

/// Each matrix of the last two axes transposed.
private func withLastAxesSwapped(_ x: Tensor) -> Tensor {
  var shape = x.shape
  shape.swapAt(shape.count - 1, shape.count - 2)
  let (rows, columns) = (shape[shape.count - 1], shape[shape.count - 2])
  if rows == 1 || columns == 1 { return x.withShape(shape) }
  return Tensor(uninitialized: shape) { result in
    for start in stride(from: 0, to: x.count, by: max(1, rows * columns)) {
      transpose(x.elements + start, rows: rows, columns: columns, into: result + start)
    }
  }
}

/// The axes without those of length 1, and with those merged that stay neighbours.
private func merged(_ shape: [Int], _ order: [Int]) -> (lengths: [Int], order: [Int]) {
  var groups: [(axes: Range<Int>, length: Int)] = []
  for axis in order where shape[axis] != 1 {
    if let last = groups.last,
      last.axes.upperBound <= axis,
      shape[last.axes.upperBound..<axis].allSatisfy({ $0 == 1 })
    {
      groups[groups.count - 1] = (last.axes.lowerBound..<axis + 1, last.length * shape[axis])
    } else {
      groups.append((axis..<axis + 1, shape[axis]))
    }
  }
  let inInput = groups.indices.sorted {
    groups[$0].axes.lowerBound < groups[$1].axes.lowerBound
  }
  var newOrder = groups.map { _ in 0 }
  for (position, group) in inInput.enumerated() { newOrder[group] = position }
  return (inInput.map { groups[$0].length }, newOrder)
}

/// The axes in another order in which the last axis stays the last.
private func copyingRows(_ x: Tensor, _ lengths: [Int], _ order: [Int]) -> Tensor {
  var strides = lengths.map { _ in 1 }
  for axis in lengths.indices.dropLast().reversed() {
    strides[axis] = strides[axis + 1] * lengths[axis + 1]
  }
  let axes = order.dropLast().map { (length: lengths[$0], stride: strides[$0]) }
  let width = lengths[lengths.count - 1]
  return Tensor(uninitialized: [x.count]) { result in
    var target = result
    func copy(_ source: Floats, _ depth: Int) {
      let axis = axes[depth]
      if depth == axes.count - 1 {
        copyRows(
          source, stride: axis.stride, rows: axis.length, width: width, into: target, stride: width)
        target = target + axis.length * width
      } else {
        for index in 0..<axis.length { copy(source + index * axis.stride, depth + 1) }
      }
    }
    copy(x.elements, 0)
  }
}
