import Requirements

extension Tensor {
  /// The elements in row-major order.
  public var scalars: [Float] {
    elements.array(count)
  }

  /// The only element of a tensor with one element.
  public var scalar: Float {
    require(count == 1, "a tensor of shape \(shape) is not a scalar")
    return storage[0]
  }

  /// The element at a position, one index for each axis.
  ///
  /// Reading and writing single elements is for tests and small tables; operations on whole
  /// tensors are some hundred times faster. A tracked tensor cannot be written to.
  public subscript(indices: Int...) -> Float {
    get { storage[offset(of: indices)] }
    set {
      let offset = offset(of: indices)
      writableElements().storage[offset] = newValue
    }
  }

  private func offset(of indices: [Int]) -> Int {
    require(
      indices.count == rank, "\(indices.count) indices do not name an element of shape \(shape)")
    var offset = 0
    for (index, length) in zip(indices, shape) {
      require(index >= 0 && index < length, "\(indices) is outside of the shape \(shape)")
      offset = offset * length + index
    }
    return offset
  }
}
