import Requirements

extension Tensor {
  /// The part of a tensor whose positions along one axis lie in a range. Differentiable.
  ///
  ///     x.slice(0..<3, along: 1)    // [B, T, I] -> [B, 3, I]
  public func slice(_ range: Range<Int>, along axis: Int = 0) -> Tensor {
    let axis = position(of: axis)
    require(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "\(range) is outside of axis \(axis) of the shape \(shape)")
    var part = shape
    part[axis] = range.count
    return taking(Block(of: shape, axis: axis, range), shape: part)
  }

  /// The part of a tensor at one position of an axis, without that axis; the position may be counted
  /// from the end. Differentiable.
  ///
  ///     x.at(-1, along: 1)    // the last step: [B, T, I] -> [B, I]
  public func at(_ index: Int, along axis: Int = 0) -> Tensor {
    let axis = position(of: axis)
    let position = index < 0 ? index + shape[axis] : index
    require(
      position >= 0 && position < shape[axis],
      "\(index) is outside of axis \(axis) of the shape \(shape)")
    var part = shape
    part.remove(at: axis)
    return taking(Block(of: shape, axis: axis, position..<position + 1), shape: part)
  }

  /// The elements of a block, in the given shape.
  private func taking(_ block: Block, shape part: [Int]) -> Tensor {
    if elementCount(of: part) == count { return reshaped(to: part) }
    let y = Tensor(uninitialized: part) { block.read(from: elements, into: $0) }
    guard let tape = Tape.tracking(self) else { return y }
    let full = shape
    return tape.record(y, self) { cotangent, inputs in
      inputs.accumulate(to: 0, shape: full) { sum, hasValues in
        if !hasValues { fill(sum, count: elementCount(of: full), with: 0) }
        block.add(cotangent.elements, to: sum)
      }
    }
  }

  /// The tensor cut along one axis into parts of the given lengths, which must add up to the axis's.
  /// Differentiable.
  public func split(_ lengths: [Int], along axis: Int = 0) -> [Tensor] {
    require(
      lengths.reduce(0, +) == shape[position(of: axis)],
      "the lengths \(lengths) do not add up to axis \(axis) of the shape \(shape)")
    var start = 0
    return lengths.map { length in
      defer { start += length }
      return slice(start..<start + length, along: axis)
    }
  }

  /// The parts at every position of an axis, without that axis. The inverse of ``stack(_:along:)``.
  /// Differentiable.
  public func unstacked(along axis: Int = 0) -> [Tensor] {
    (0..<shape[position(of: axis)]).map { at($0, along: axis) }
  }
}

/// Tensors put one after the other along an axis. Their other axes must be the same.
/// Differentiable.
public func concatenate(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  guard let first = tensors.first else { failure("nothing to concatenate") }
  let axis = first.position(of: axis)
  var shape = first.shape
  shape[axis] = 0
  for tensor in tensors {
    var fitting = tensor.shape
    if tensor.rank == first.rank { fitting[axis] = first.shape[axis] }
    require(
      fitting == first.shape,
      "the shapes \(first.shape) and \(tensor.shape) cannot be concatenated along axis \(axis)")
    shape[axis] += tensor.shape[axis]
  }
  var start = 0
  let blocks = tensors.map { tensor in
    defer { start += tensor.shape[axis] }
    return Block(of: shape, axis: axis, start..<start + tensor.shape[axis])
  }
  return join(tensors, blocks, shape: shape)
}

/// Tensors of one shape put side by side along a new axis of the result. Differentiable.
public func stack(_ tensors: [Tensor], along axis: Int = 0) -> Tensor {
  guard let first = tensors.first else { failure("nothing to stack") }
  let position = first.position(ofNew: axis)
  for tensor in tensors {
    require(
      tensor.shape == first.shape,
      "the shapes \(first.shape) and \(tensor.shape) cannot be stacked")
  }
  var shape = first.shape
  shape.insert(tensors.count, at: position)
  let blocks = tensors.indices.map { Block(of: shape, axis: position, $0..<$0 + 1) }
  return join(tensors, blocks, shape: shape)
}

/// Tensors as the blocks of one of the given shape.
private func join(_ tensors: [Tensor], _ blocks: [Block], shape: [Int]) -> Tensor {
  let y = Tensor(uninitialized: shape) { result in
    for (tensor, block) in zip(tensors, blocks) { block.write(tensor.elements, into: result) }
  }
  guard let tape = Tape.tracking(tensors) else { return y }
  let shapes = tensors.map(\.shape)
  return tape.record(
    [y], inputs: tensors,
    pullback: .single { cotangent, inputs in
      for (index, block) in blocks.enumerated() where inputs.isTracked(index) {
        let part = Tensor(uninitialized: shapes[index])
        block.read(from: cotangent.elements, into: part.elements)
        inputs.add(part, to: index)
      }
    })[0]
}

/// A range of positions along one axis of a tensor, as a block of a matrix: `rows` rows, one for each
/// position of the axes before it, of which the block has the columns from `offset` on.
private struct Block: Sendable {
  let rows: Int
  let stride: Int
  let offset: Int
  let width: Int

  init(of shape: [Int], axis: Int, _ range: Range<Int>) {
    let inner = shape[(axis + 1)...].reduce(1, *)
    rows = shape[..<axis].reduce(1, *)
    stride = shape[axis] * inner
    offset = range.lowerBound * inner
    width = range.count * inner
  }

  func read(from whole: Floats, into part: Floats) {
    copyRows(whole + offset, stride: stride, rows: rows, width: width, into: part, stride: width)
  }

  func write(_ part: Floats, into whole: Floats) {
    copyRows(part, stride: width, rows: rows, width: width, into: whole + offset, stride: stride)
  }

  func add(_ part: Floats, to whole: Floats) {
    addRows(part, stride: width, rows: rows, width: width, to: whole + offset, stride: stride)
  }
}
