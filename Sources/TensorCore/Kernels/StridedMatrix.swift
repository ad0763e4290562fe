/// A matrix in memory that is only read: element (i, j) stands at `base[i * rowStride + j * columnStride]`.
package struct StridedMatrix {
  package var base: Floats
  package var rows: Int
  package var columns: Int
  package var rowStride: Int
  package var columnStride: Int

  /// A matrix whose rows are contiguous; without a stride they follow each other.
  package init(
    _ base: Floats, rows: Int, columns: Int, rowStride: Int? = nil
  ) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride ?? columns
    columnStride = 1
  }

  /// The transpose, in the same memory.
  package var transposed: StridedMatrix {
    var matrix = self
    swap(&matrix.rows, &matrix.columns)
    swap(&matrix.rowStride, &matrix.columnStride)
    return matrix
  }

  /// Some of the rows.
  package func rows(_ range: Range<Int>) -> StridedMatrix {
    var matrix = self
    matrix.base = base + range.lowerBound * rowStride
    matrix.rows = range.count
    return matrix
  }

  /// Some of the columns.
  package func columns(_ range: Range<Int>) -> StridedMatrix {
    transposed.rows(range).transposed
  }
}
