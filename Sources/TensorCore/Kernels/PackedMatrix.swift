internal import CTensorKernels
import Requirements

/// The right-hand matrix W [k, n] of products, packed once for the processor, or for its matrix unit, and
/// used many times.
package struct PackedMatrix: Sendable {
  /// The rows of W: the length of the sums.
  package let k: Int
  /// The columns of W: the columns of the product.
  package let n: Int
  private let unit: MatrixUnit?
  private let packed: Storage

  /// Packs W [k, n].
  package init(_ w: StridedMatrix, precision: Precision) {
    (k, n) = (w.rows, w.columns)
    unit = MatrixUnit(precision)
    if let unit {
      packed = Storage(count: ctk_unit_packed_count(n, k, unit.parts))
      unit.kernels.pack(packed.pointer, w.base, w.rowStride, w.columnStride, n, k, unit.parts)
    } else {
      packed = Storage(count: ctk_packed_count(n, k))
      ctk_pack(packed.pointer, w.base, w.rowStride, w.columnStride, n, k)
    }
  }

  /// The matrix in the kernels' form, valid while this value is alive.
  var weight: ctk_weight {
    ctk_weight(
      packed: packed.pointer, n: n, k: k, unit: unit?.pointer, parts: unit?.parts ?? 0)
  }

  /// y [rows, n] = (accumulate ? y : 0) + bias + x [rows, k] W.
  ///
  /// Element y(i, j) stands at `y[i * stride + j]`; `bias` is a row of n floats or nil. A row of the product does
  /// not depend on how many rows there are.
  package func multiply(
    _ x: StridedMatrix, bias: UnsafePointer<Float>? = nil, accumulate: Bool = false,
    into y: UnsafeMutablePointer<Float>, stride: Int
  ) {
    if let unit {
      unit.kernels.product(
        x.rows, n, k, x.base, x.rowStride, x.columnStride, packed.pointer, unit.parts, bias,
        accumulate, y, stride)
    } else {
      ctk_product_packed(
        x.rows, n, k, x.base, x.rowStride, x.columnStride, packed.pointer, bias, accumulate, y,
        stride)
    }
  }

  /// The same of few rows, whose columns are split over the ``ThreadTeam``.
  func multiplySharingColumns(
    _ x: StridedMatrix, bias: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    guard unit == nil else { return multiply(x, bias: bias, into: y, stride: stride) }
    ThreadTeam.split(n, unit: ctk_panel_columns(), work: x.rows * n * k) { columns in
      let first = columns.lowerBound
      ctk_product_packed(
        x.rows, columns.count, k, x.base, x.rowStride, x.columnStride,
        packed.pointer + first * k, bias.map { $0 + first }, false, y + first, stride)
    }
  }
}

/// y [m, n] = (accumulate ? y : 0) + bias + a [m, k] b [k, n]; element y(i, j) stands at `y[i * stride + j]`,
/// `bias` is a row of n floats or nil.
///
/// With `isShared` the longer side of y is split over the ``ThreadTeam``.
package func matrixProduct(
  _ a: StridedMatrix, _ b: StridedMatrix, bias: UnsafePointer<Float>? = nil,
  accumulate: Bool = false, into y: UnsafeMutablePointer<Float>, stride: Int,
  isShared: Bool = false, precision: Precision
) {
  let (m, n, k) = (a.rows, b.columns, a.columns)
  require(b.rows == k, "a product of [\(m), \(k)] and [\(b.rows), \(n)]")
  guard isShared else {
    return multiply(a, b, bias, accumulate, into: y, stride, precision)
  }
  if m >= n {
    ThreadTeam.split(m, unit: 4, work: m * n * k) { rows in
      multiply(
        a.rows(rows), b, bias, accumulate, into: y + rows.lowerBound * stride, stride, precision)
    }
  } else {
    ThreadTeam.split(n, unit: ctk_panel_columns(), work: m * n * k) { columns in
      multiply(
        a, b.columns(columns), bias.map { $0 + columns.lowerBound }, accumulate,
        into: y + columns.lowerBound, stride, precision)
    }
  }
}

/// One thread's part of a product.
private func multiply(
  _ a: StridedMatrix, _ b: StridedMatrix, _ bias: UnsafePointer<Float>?, _ accumulate: Bool,
  into y: UnsafeMutablePointer<Float>, _ stride: Int, _ precision: Precision
) {
  if precision.inUse != .highest {
    PackedMatrix(b, precision: precision)
      .multiply(a, bias: bias, accumulate: accumulate, into: y, stride: stride)
    return
  }
  let scratch = ctk_product_scratch(a.rows, b.columns, a.columns)
  let memory = scratch > 0 ? Storage(count: scratch) : nil
  ctk_product(
    a.rows, b.columns, a.columns, a.base, a.rowStride, a.columnStride, b.base, b.rowStride,
    b.columnStride, bias, accumulate, y, stride, memory?.pointer)
  withExtendedLifetime(memory) {}
}

/// Consecutive rows of two matrices for ``gatheredProduct(m:n:_:accumulate:into:stride:precision:)``.
package struct RowPiece {
  package var a: UnsafePointer<Float>
  package var aStride: Int
  package var b: UnsafePointer<Float>
  package var bStride: Int
  package var count: Int

  package init(
    a: UnsafePointer<Float>, aStride: Int, b: UnsafePointer<Float>, bStride: Int, count: Int
  ) {
    self.a = a
    self.aStride = aStride
    self.b = b
    self.bStride = bStride
    self.count = count
  }
}

/// y [m, n] = (accumulate ? y : 0) + the sum over all rows of `a(r, i) * b(r, j)`, in the order of the
/// pieces; none is empty.
///
/// The rows need not follow each other in memory; how they are cut changes no bit.
package func gatheredProduct(
  m: Int, n: Int, _ pieces: UnsafeBufferPointer<RowPiece>, accumulate: Bool = false,
  into y: UnsafeMutablePointer<Float>, stride: Int, precision: Precision
) {
  guard let first = pieces.first, let base = pieces.baseAddress else { return }
  // The two structures have the same five fields; a test compares their layouts.
  let raw = UnsafeRawPointer(base).assumingMemoryBound(to: ctk_rows.self)
  if let unit = MatrixUnit(precision) {
    let scratch = Storage(count: ctk_unit_gathered_scratch(n, unit.parts))
    unit.kernels.gathered_product(
      m, n, raw, pieces.count, unit.parts, accumulate, y, stride, scratch.pointer)
    withExtendedLifetime(scratch) {}
    return
  }
  if pieces.count == 1 {
    matrixProduct(
      StridedMatrix(first.a, rows: first.count, columns: m, rowStride: first.aStride).transposed,
      StridedMatrix(first.b, rows: first.count, columns: n, rowStride: first.bStride),
      accumulate: accumulate, into: y, stride: stride, precision: precision)
    return
  }
  let scratch = Storage(count: ctk_gathered_scratch(m, n))
  ctk_gathered_product(m, n, raw, pieces.count, accumulate, y, stride, scratch.pointer)
  withExtendedLifetime(scratch) {}
}
