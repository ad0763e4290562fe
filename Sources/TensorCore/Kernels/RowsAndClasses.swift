internal import CTensorKernels

// Kernels over rows of logits and tables of tokens.

/// A function of every row.
enum RowKernel {
  case softmax, logSoftmax

  /// y = the function of every row of x [rows, width], both contiguous.
  func run(_ x: Floats, rows: Int, width: Int, into y: Floats) {
    withPointers(x, y) { x, y in
      // An exponential is some twenty operations.
      ThreadTeam.split(rows, work: 20 * rows * width) { range in
        let start = range.lowerBound * width
        switch self {
        case .softmax: ctk_softmax(x + start, range.count, width, y + start)
        case .logSoftmax: ctk_log_softmax(x + start, range.count, width, y + start)
        }
      }
    }
  }
}

/// The loss of every row of logits and, if `gradient` is given, `scale` times its gradient; 0 for rows with a negative target.
func crossEntropyRows(
  _ logits: Floats, width: Int, _ targets: [Int32], into losses: Floats, gradient: Floats?,
  scale: Float
) {
  withPointers(logits, losses, losses, optional: gradient) { logits, losses, _, gradient in
    targets.withUnsafeBufferPointer { targets in
      guard let first = targets.baseAddress else { return }
      ThreadTeam.split(targets.count, work: 20 * targets.count * width) { range in
        let (row, start) = (range.lowerBound, range.lowerBound * width)
        ctk_cross_entropy(
          logits + start, range.count, width, first + row, scale, losses + row,
          gradient.map { $0 + start })
      }
    }
  }
}

/// y(i) = the row of a table that `indices[i]` names.
func gatherRows(of table: Floats, width: Int, _ indices: [Int32], into y: Floats) {
  withPointers(table, y) { table, y in
    indices.withUnsafeBufferPointer { indices in
      ThreadTeam.split(indices.count, work: 4 * indices.count * width) { range in
        ctk_gather_rows(
          table, width, indices.baseAddress.map { $0 + range.lowerBound }, range.count,
          y + range.lowerBound * width)
      }
    }
  }
}

/// Adds row i of x to the row of a table that `indices[i]` names.
func scatterAddRows(_ x: Floats, width: Int, _ indices: [Int32], to table: Floats) {
  withPointers(x, table) { x, table in
    // Split by columns: rows of x with the same index are added in their order.
    ThreadTeam.split(width, unit: 16, work: 4 * indices.count * width) { columns in
      ctk_scatter_add_rows(
        x + columns.lowerBound, width, columns.count, indices, indices.count,
        table + columns.lowerBound, width)
    }
  }
}
