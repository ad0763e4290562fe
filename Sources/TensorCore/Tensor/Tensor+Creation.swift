import Requirements

extension Tensor {
  /// A tensor of the given elements, in row-major order.
  public init(_ scalars: [Float], shape: [Int]) {
    let count = elementCount(of: shape)
    require(
      scalars.count == count,
      "\(scalars.count) scalars do not fill the shape \(shape), which has \(count)")
    self.init(uninitialized: shape) { $0.write(scalars) }
  }

  /// A tensor of rank 1 of the given elements.
  public init(_ scalars: [Float]) {
    self.init(scalars, shape: [scalars.count])
  }

  /// A scalar: a tensor of shape [] with one element.
  public init(_ scalar: Float) {
    self.init(uninitialized: [])
    storage[0] = scalar
  }

  /// A tensor filled with zeros.
  public init(zeros shape: [Int]) {
    self.init(full: shape, of: 0)
  }

  /// A tensor filled with ones.
  public init(ones shape: [Int]) {
    self.init(full: shape, of: 1)
  }

  /// A tensor filled with one value.
  public init(full shape: [Int], of value: Float) {
    self.init(uninitialized: shape)
    fill(elements, count: count, with: value)
  }
}
