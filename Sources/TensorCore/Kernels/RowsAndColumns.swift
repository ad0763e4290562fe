internal import CTensorKernels

// Matrices x [rows, width] whose element (r, j) stands at x[r * stride + j].

/// `sums[r * sumsStride]` = the sum of row r.
package func rowSum(
  _ x: UnsafePointer<Float>, stride: Int, rows: Int, width: Int,
  into sums: UnsafeMutablePointer<Float>, sumsStride: Int = 1
) {
  ctk_row_sum(x, stride, rows, width, sums, sumsStride)
}

/// `maxima[r * maximaStride]` = the largest element of row r.
package func rowMaximum(
  _ x: UnsafePointer<Float>, stride: Int, rows: Int, width: Int,
  into maxima: UnsafeMutablePointer<Float>, maximaStride: Int = 1
) {
  ctk_row_maximum(x, stride, rows, width, maxima, maximaStride)
}

/// y(r, j) = the sum of x(r, i) over i <= j, or over i >= j if `reversed`. y may be x.
package func rowCumulativeSum(
  _ x: UnsafePointer<Float>, stride: Int, rows: Int, width: Int, reversed: Bool = false,
  into y: UnsafeMutablePointer<Float>, yStride: Int
) {
  ctk_row_cumulative_sum(x, stride, rows, width, reversed, y, yStride)
}

/// `sums[j]` = (accumulate ? `sums[j]` : 0) + the sum of column j.
package func columnSum(
  _ x: UnsafePointer<Float>, stride: Int, rows: Int, width: Int, accumulate: Bool = false,
  into sums: UnsafeMutablePointer<Float>
) {
  ctk_column_sum(x, stride, rows, width, accumulate, sums)
}

/// Copies a block: y(r, j) = x(r, j).
package func copyRows(
  _ x: UnsafePointer<Float>, stride: Int, rows: Int, width: Int,
  into y: UnsafeMutablePointer<Float>, stride yStride: Int
) {
  ctk_copy_rows(x, stride, rows, width, y, yStride)
}

/// y [columns, rows] = the transpose of x [rows, columns], both contiguous.
package func transpose(
  _ x: UnsafePointer<Float>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Float>
) {
  ctk_transpose(x, rows, columns, y)
}

/// The sum of `count` floats, added up in double precision.
package func sum(_ x: UnsafePointer<Float>, count: Int) -> Double {
  ctk_sum(x, count)
}

/// The sum of the squares of `count` floats, added up in double precision.
package func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Double {
  ctk_sum_of_squares(x, count)
}

/// Writes `value` to `count` floats.
package func fill(_ destination: UnsafeMutablePointer<Float>, count: Int, with value: Float) {
  withUnsafeTemporaryAllocation(of: ElementwiseOperand.self, capacity: 2) { operands in
    var value = value
    withUnsafeMutablePointer(to: &value) { source in
      operands.initializeElement(at: 0, to: .init(source, rowStride: 0, columnStride: 0))
      operands.initializeElement(at: 1, to: .init(destination, rowStride: 0))
      guard let base = operands.baseAddress else { return }
      ElementwiseProgram.copy.run(operands: UnsafePointer(base), rows: 1, width: count)
    }
  }
}

extension ElementwiseProgram {
  /// Copies operand 0 to operand 1.
  static let copy = ElementwiseProgram(operands: 1, .operand(0))
}
