extension StoredArray {
  /// Copies a strided view of `bytes` in row-major order: element (i, j, ...) is at
  /// `offset + i strides[0] + j strides[1] + ...`.
  ///
  /// - Precondition: all elements are inside `bytes`.
  init(elementType: ElementType, shape: [Int], strides: [Int], offset: Int, of bytes: [UInt8]) {
    let width = elementType.width
    let count = shape.reduce(1, *)
    var result: [UInt8] = []
    if count > 0, Self.isContiguous(shape: shape, strides: strides) {
      result = Array(bytes[offset * width..<(offset + count) * width])
    } else if count > 0 {
      result.reserveCapacity(count * width)
      var index = [Int](repeating: 0, count: shape.count)
      var place = offset
      for _ in 0..<count {
        result += bytes[place * width..<(place + 1) * width]
        for axis in shape.indices.reversed() {
          index[axis] += 1
          place += strides[axis]
          if index[axis] < shape[axis] { break }
          place -= strides[axis] * shape[axis]
          index[axis] = 0
        }
      }
    }
    self.init(elementType: elementType, shape: shape, bytes: result)
  }

  /// Copies elements that are in column-major order (Fortran order).
  ///
  /// - Precondition: the bytes are those of the shape.
  init(elementType: ElementType, columnMajor shape: [Int], bytes: [UInt8]) {
    var (strides, next) = ([Int](), 1)
    for extent in bytes.isEmpty ? [] : shape {
      strides.append(next)
      next *= extent
    }
    if strides.isEmpty { strides = shape.map { _ in 0 } }
    self.init(elementType: elementType, shape: shape, strides: strides, offset: 0, of: bytes)
  }

  /// Whether a view is contiguous in row-major order.
  private static func isContiguous(shape: [Int], strides: [Int]) -> Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }
}
