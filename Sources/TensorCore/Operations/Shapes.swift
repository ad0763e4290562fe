import Requirements

extension Tensor {
  /// The same elements in another shape with the same number of them. One length may be -1: it
  /// is inferred from the others. Differentiable.
  public func reshaped(to shape: [Int]) -> Tensor {
    let shape = completed(shape)
    require(
      elementCount(of: shape) == count,
      "a tensor of shape \(self.shape) cannot take the shape \(shape)")
    let y = detached().withShape(shape)
    guard let tape = Tape.tracking(self) else { return y }
    let original = self.shape
    return tape.record(y, self) { cotangent, inputs in
      inputs.add(cotangent.withShape(original), to: 0)
    }
  }

  /// With a further axis of length 1 at the given position of the result. Differentiable.
  public func expandingShape(at axis: Int) -> Tensor {
    var expanded = shape
    expanded.insert(1, at: position(ofNew: axis))
    return reshaped(to: expanded)
  }

  /// Without an axis, which must have length 1. Differentiable.
  public func squeezingShape(at axis: Int) -> Tensor {
    let position = position(of: axis)
    require(shape[position] == 1, "axis \(axis) of the shape \(shape) has not length 1")
    var squeezed = shape
    squeezed.remove(at: position)
    return reshaped(to: squeezed)
  }

  /// The elements repeated along axes of length 1, or new first axes, up to the given shape.
  /// Differentiable. Arithmetic does this by itself, without a copy.
  public func broadcast(to shape: [Int]) -> Tensor {
    require(
      Broadcasting.shape(self.shape, shape) == shape,
      "the shape \(self.shape) cannot be broadcast to \(shape)")
    let y = repeated(to: shape)
    guard let tape = Tape.tracking(self) else { return y }
    let original = self.shape
    return tape.record(y, self) { cotangent, inputs in
      inputs.add(Broadcasting.reduce(cotangent, to: original), to: 0)
    }
  }

  private func completed(_ shape: [Int]) -> [Int] {
    guard let open = shape.firstIndex(of: -1) else { return shape }
    let known = shape.enumerated().reduce(1) { $1.offset == open ? $0 : $0 * $1.element }
    require(
      known > 0 && count.isMultiple(of: known),
      "a tensor of shape \(self.shape) cannot take the shape \(shape)")
    var result = shape
    result[open] = count / known
    return result
  }
}

extension Tensor {
  /// The same memory under another shape with as many elements, untracked.
  func withShape(_ shape: [Int]) -> Tensor {
    Tensor(storage: storage, shape: shape)
  }

  /// The elements repeated up to a shape, untracked.
  func repeated(to shape: [Int]) -> Tensor {
    self.shape == shape
      ? detached() : Broadcasting.run(.copy, [self], shape: shape)
  }

  /// The position of an axis that may be counted from the end.
  func position(of axis: Int) -> Int {
    let position = axis < 0 ? axis + rank : axis
    require(position >= 0 && position < rank, "the shape \(shape) has no axis \(axis)")
    return position
  }

  /// The position of an axis that the result has besides; from the result's end where it is negative.
  func position(ofNew axis: Int) -> Int {
    let position = axis < 0 ? axis + rank + 1 : axis
    require(position >= 0 && position <= rank, "the shape \(shape) has no place for axis \(axis)")
    return position
  }

  /// The positions of axes, each of which must be named once.
  func positions(of axes: [Int]) -> [Int] {
    let positions = axes.map { position(of: $0) }
    require(Set(positions).count == axes.count, "\(axes) names an axis of \(shape) twice")
    return positions
  }
}
