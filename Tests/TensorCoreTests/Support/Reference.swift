import TensorCore

/// A tensor in double precision, evaluated one element at a time: what the operations are tested
/// against.
struct Reference {
  let shape: [Int]
  private(set) var values: [Double]

  /// Every element as a function of its position.
  init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    let count = shape.reduce(1, *)
    values = (0..<count).map { offset in
      var (index, rest) = (shape, offset)
      for axis in shape.indices.reversed() {
        index[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      return element(index)
    }
  }

  init(_ tensor: Tensor) {
    shape = tensor.shape
    values = tensor.scalars.map(Double.init)
  }

  subscript(index: [Int]) -> Double {
    precondition(index.count == shape.count)
    var offset = 0
    for (axis, position) in index.enumerated() { offset = offset * shape[axis] + position }
    return values[offset]
  }

  /// The element that is at a position after broadcasting.
  subscript(broadcast index: [Int]) -> Double {
    let own = index.suffix(shape.count)
    return self[zip(own, shape).map { $1 == 1 ? 0 : $0 }]
  }

  mutating func shift(_ offset: Int, by distance: Double) { values[offset] += distance }

  func map(_ function: (Double) -> Double) -> Reference {
    Reference(shape) { function(self[$0]) }
  }

  /// A function of each set of elements that differ only in their positions along the axes; the
  /// axes stay with length 1.
  func reduce(_ axes: [Int], _ function: ([Double]) -> Double) -> Reference {
    let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let reduced = shape.enumerated().map { axes.contains($0.offset) ? $0.element : 1 }
    return Reference(kept) { outer in
      function(Reference(reduced) { inner in self[zip(outer, inner).map(+)] }.values)
    }
  }

  func reshaped(_ shape: [Int]) -> Reference {
    var remaining = values[...]
    return Reference(shape) { _ in remaining.removeFirst() }
  }
}
