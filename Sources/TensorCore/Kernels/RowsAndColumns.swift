internal import CTensorKernels

// Matrices x [rows, width] whose element (r, j) stands at x[r * stride + j].

/// `sums[r]` = the sum of row r.
func rowSum(_ x: Floats, stride: Int, rows: Int, width: Int, into sums: Floats) {
  withPointers(x, sums) { ctk_row_sum($0, stride, rows, width, $1, 1) }
}

/// `maxima[r]` = the largest element of row r.
func rowMaximum(_ x: Floats, stride: Int, rows: Int, width: Int, into maxima: Floats) {
  withPointers(x, maxima) { ctk_row_maximum($0, stride, rows, width, $1, 1) }
}

/// y(r, j) = the sum of x(r, i) over i <= j, or over i >= j if `reversed`. y may be x.
package func rowCumulativeSum(
  _ x: Floats, stride: Int, rows: Int, width: Int, reversed: Bool = false, into y: Floats,
  yStride: Int
) {
  withPointers(x, y) { ctk_row_cumulative_sum($0, stride, rows, width, reversed, $1, yStride) }
}

/// `sums[j]` = (accumulate ? `sums[j]` : 0) + the sum of column j.
package func columnSum(
  _ x: Floats, stride: Int, rows: Int, width: Int, accumulate: Bool = false, into sums: Floats
) {
  withPointers(x, sums) { ctk_column_sum($0, stride, rows, width, accumulate, $1) }
}

/// Copies a block: y(r, j) = x(r, j).
package func copyRows(
  _ x: Floats, stride: Int, rows: Int, width: Int, into y: Floats, stride yStride: Int
) {
  withPointers(x, y) { ctk_copy_rows($0, stride, rows, width, $1, yStride) }
}

/// Adds a block: y(r, j) += x(r, j).
package func addRows(
  _ x: Floats, stride: Int, rows: Int, width: Int, to y: Floats, stride yStride: Int
) {
  withPointers(x, y) { ctk_add_rows($0, stride, rows, width, $1, yStride) }
}

/// Copies `count` floats; nil stands for zeros.
package func copyRow(_ x: Floats?, count: Int, into y: Floats) {
  guard let x else { return fill(y, count: count, with: 0) }
  copyRows(x, stride: count, rows: 1, width: count, into: y, stride: count)
}

/// Copies each sample's rows at its steps: y, in memory by steps, from x, with the given floats from step to step and from
/// sample to sample.
///
/// - Parameter samples: the sample in x of each sample of the rows.
package func packRows(
  _ x: Floats, timeStride: Int, sampleStride: Int, width: Int, _ rows: StepRows, samples: [Int],
  into y: Floats
) {
  withPointers(x, y) { x, y in
    samples.withUnsafeBufferPointer {
      guard let samples = $0.baseAddress else { return }
      ctk_pack_rows(x, timeStride, sampleStride, width, rows.code, rows.steps, samples, y)
    }
  }
}

/// Copies them back: y, with the given strides, from x.
package func unpackRows(
  _ x: Floats, width: Int, _ rows: StepRows, samples: [Int], into y: Floats, timeStride: Int,
  sampleStride: Int
) {
  withPointers(x, y) { x, y in
    samples.withUnsafeBufferPointer {
      guard let samples = $0.baseAddress else { return }
      ctk_unpack_rows(x, width, rows.code, rows.steps, samples, y, timeStride, sampleStride)
    }
  }
}

/// y [columns, rows] = the transpose of x [rows, columns], both contiguous.
package func transpose(_ x: Floats, rows: Int, columns: Int, into y: Floats) {
  withPointers(x, y) { ctk_transpose($0, rows, columns, $1) }
}

/// The sum of `count` floats, added up in double precision.
package func sum(_ x: Floats, count: Int) -> Double {
  withPointers(x) { ctk_sum($0, count) }
}

/// The sum of the squares of `count` floats, added up in double precision.
package func sumOfSquares(_ x: Floats, count: Int) -> Double {
  withPointers(x) { ctk_sum_of_squares($0, count) }
}

/// Writes `value` to `count` floats.
package func fill(_ destination: Floats, count: Int, with value: Float) {
  withPointers(destination) { destination in
    withUnsafeTemporaryAllocation(of: ctk_operand.self, capacity: 2) { operands in
      var value = value
      withUnsafeMutablePointer(to: &value) { source in
        operands.initializeElement(
          at: 0, to: ctk_operand(base: source, row_stride: 0, column_stride: 0))
        operands.initializeElement(
          at: 1, to: ctk_operand(base: destination, row_stride: 0, column_stride: 1))
        ElementwiseProgram.copy.run(operands, rows: 1, width: count)
      }
    }
  }
}

extension ElementwiseProgram {
  /// Copies operand 0 to operand 1.
  static let copy = ElementwiseProgram(operands: 1, .operand(0))
}
