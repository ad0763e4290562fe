import Requirements

/// Elementwise work over tensors of different shapes.
///
/// Shapes are aligned at their last axes; where one has length 1, or no axis at all, its elements
/// are repeated.
package enum Broadcasting {
  /// The shape that tensors of these shapes have together; nil if they do not fit.
  package static func shape(_ a: [Int], _ b: [Int]) -> [Int]? {
    if a == b { return a }
    var (long, short) = (a, b)
    if a.count < b.count { swap(&long, &short) }
    let offset = long.count - short.count
    for (index, length) in short.enumerated() where length != long[offset + index] {
      if long[offset + index] == 1 {
        long[offset + index] = length
      } else if length != 1 {
        return nil
      }
    }
    return long
  }

  static func shape(_ a: Tensor, _ b: Tensor) -> [Int] {
    guard let shape = shape(a.shape, b.shape) else {
      failure("the shapes \(a.shape) and \(b.shape) cannot be broadcast to one another")
    }
    return shape
  }

  /// The sum of a broadcast cotangent over the axes along which a tensor of `shape` was repeated.
  static func reduce(_ cotangent: Tensor, to shape: [Int]) -> Tensor {
    if cotangent.shape == shape { return cotangent }
    let offset = cotangent.rank - shape.count
    let repeated = cotangent.shape.indices.filter { axis in
      axis < offset || shape[axis - offset] != cotangent.shape[axis]
    }
    return sumOfAxes(cotangent, repeated).withShape(shape)
  }
}
