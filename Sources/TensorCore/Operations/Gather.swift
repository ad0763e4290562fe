import Requirements

extension Tensor {
  /// Rows of this table by index: the embedding of tokens. Differentiable in the table.
  ///
  /// - Parameters:
  ///   - indices: row indices, in row-major order.
  ///   - shape: the indices' shape; [indices.count] unless given.
  /// - Returns: a tensor of shape `shape` + [E] for a table [V, E].
  public func gatheringRows(_ indices: [Int32], shape: [Int]? = nil) -> Tensor {
    require(rank == 2, "rows are gathered from a matrix, not from the shape \(self.shape)")
    let shape = shape ?? [indices.count]
    require(
      elementCount(of: shape) == indices.count,
      "\(indices.count) indices do not fill the shape \(shape)")
    let (rows, width) = (self.shape[0], self.shape[1])
    requireRows(indices)
    let y = Tensor(uninitialized: shape + [width]) { result in
      if let encoded {
        encoded.decode(indices.lazy.map { Int($0) }, into: result)
      } else {
        gatherRows(of: elements, width: width, indices, into: result)
      }
    }
    guard let tape = Tape.tracking(self) else { return y }
    let table = self.shape
    return tape.record(y, self) { cotangent, inputs in
      inputs.accumulate(to: 0, shape: table) { sum, hasValues in
        if !hasValues { fill(sum, count: rows * width, with: 0) }
        scatterAddRows(cotangent.elements, width: width, indices, to: sum)
      }
    }
  }

  /// Writes one row of this table.
  package func writeRow(_ index: Int, into row: Floats) {
    requireRow(index)
    let width = shape[1]
    if let encoded {
      encoded.decode(CollectionOfOne(index), into: row)
    } else {
      copyRow(elements + index * width, count: width, into: row)
    }
  }

  /// The indices of rows of this table as numbers, of a tensor of shape `shape` + [1].
  package func numbers(ofRows indices: [Int32], shape: [Int]) -> Tensor {
    requireRows(indices)
    return Tensor(indices.map(Float.init), shape: shape + [1])
  }

  private func requireRows(_ indices: [Int32]) {
    // Of a negative index this is a large number.
    let largest = indices.reduce(0) { Swift.max($0, UInt32(bitPattern: $1)) }
    if !indices.isEmpty { requireRow(Int(Int32(bitPattern: largest))) }
  }

  /// Stops where a table has no row of an index.
  package func requireRow(_ index: Int) {
    require(shape[0] > index && index >= 0, "\(index) is no row of a table of shape \(shape)")
  }

  /// One-hot rows: 1 in the column that an index names and 0 in the others; all 0 for a negative
  /// index. The shape is the indices' shape + [classes]. It has no gradient: it is a constant.
  public init(oneHot indices: [Int32], shape: [Int]? = nil, classes: Int) {
    let shape = shape ?? [indices.count]
    require(
      elementCount(of: shape) == indices.count,
      "\(indices.count) indices do not fill the shape \(shape)")
    self.init(zeros: shape + [classes])
    for (row, index) in indices.enumerated() where index >= 0 {
      require(index < classes, "\(index) is not one of \(classes) classes")
      storage[row * classes + Int(index)] = 1
    }
  }
}
