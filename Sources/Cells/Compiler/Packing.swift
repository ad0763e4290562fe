import TensorCore

extension Schedule.Packing {
  /// The weight in the parameter's own memory, where that has the panels of products; nil otherwise.
  func encoded(
    of buffer: Schedule.Buffer, _ parameters: [Tensor], _ precision: Precision
  ) -> PackedMatrix? {
    guard case .parameter(let index) = buffer.kind, let weights = parameters[index].encoded,
      !isTransposed, buffer.width == k, matrix.offset.isMultiple(of: k)
    else { return nil }
    let first = matrix.offset / k
    return PackedMatrix(transposeOf: weights, rows: first..<first + n, precision: precision)
  }

  /// The weight where it stands in memory, as the right-hand side of a product.
  func matrix(
    _ buffer: Schedule.Buffer, _ areas: AreaTable, _ parameters: [Tensor]
  ) -> StridedMatrix {
    let weights = weights(buffer, areas, parameters)
    return isTransposed ? weights : weights.transposed
  }

  private func weights(
    _ buffer: Schedule.Buffer, _ areas: AreaTable, _ parameters: [Tensor]
  ) -> StridedMatrix {
    let (rows, columns) = isTransposed ? (k, n) : (n, k)
    guard case .parameter(let index) = buffer.kind else {
      return areas.matrix(matrix, rows: rows, columns: columns)
    }
    return StridedMatrix(
      parameters[index].elements + matrix.offset, rows: rows, columns: columns,
      rowStride: buffer.width)
  }

  /// The weight, packed. A matrix that was computed from weights in 8 or 16 bits becomes one of their format.
  func packed(
    _ buffer: Schedule.Buffer, _ areas: AreaTable, _ parameters: [Tensor], _ precision: Precision
  ) -> PackedMatrix {
    let weights = weights(buffer, areas, parameters)
    if case .prepared = buffer.kind, !isTransposed, weights.rowStride == k,
      let format = parameters.map(\.weightFormat).first(where: { $0 != .float32 }),
      let packed = PackedMatrix(
        transposeOf: EncodedMatrix(weights.base, rows: n, columns: k, format: format),
        rows: 0..<n, precision: precision)
    {
      return packed
    }
    return PackedMatrix(isTransposed ? weights : weights.transposed, precision: precision)
  }
}
