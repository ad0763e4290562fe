internal import CTensorKernels

/// The right-hand matrix W [k, n] of products, packed once for the processor, or for its matrix unit, and
/// used many times.
package struct PackedMatrix: Sendable {
  /// The rows of W: the length of the sums.
  package let k: Int
  /// The columns of W: the columns of the product.
  package let n: Int
  private let unit: MatrixUnit?
  private let packed: Storage

  /// Packs the matrix whose element (p, j) stands at `w[p * kStride + j * nStride]`.
  package init(
    _ w: UnsafePointer<Float>, kStride: Int, nStride: Int, n: Int, k: Int, precision: Precision
  ) {
    self.k = k
    self.n = n
    unit = MatrixUnit(precision)
    if let unit {
      packed = Storage(count: ctk_unit_packed_count(n, k, unit.parts))
      unit.kernels.pack(packed.pointer, w, kStride, nStride, n, k, unit.parts)
    } else {
      packed = Storage(count: ctk_packed_count(n, k))
      ctk_pack(packed.pointer, w, kStride, nStride, n, k)
    }
  }

  /// The matrix in the kernels' form, valid while this value is alive.
  var weight: ctk_weight {
    ctk_weight(
      packed: packed.pointer, n: n, k: k, unit: unit?.pointer, parts: unit?.parts ?? 0)
  }

  /// y [rows, n] = (accumulate ? y : 0) + bias + x [rows, k] W.
  ///
  /// Element x(i, p) stands at `x[i * xRowStride + p * xColumnStride]`, element y(i, j) at
  /// `y[i * stride + j]`; `bias` is a row of n floats or nil. A row of the product does not depend on
  /// how many rows there are.
  package func multiply(
    rows: Int, x: UnsafePointer<Float>, xRowStride: Int, xColumnStride: Int = 1,
    bias: UnsafePointer<Float>? = nil, accumulate: Bool = false,
    into y: UnsafeMutablePointer<Float>, stride: Int
  ) {
    if let unit {
      unit.kernels.product(
        rows, n, k, x, xRowStride, xColumnStride, packed.pointer, unit.parts, bias, accumulate, y,
        stride)
    } else {
      ctk_product_packed(
        rows, n, k, x, xRowStride, xColumnStride, packed.pointer, bias, accumulate, y, stride)
    }
  }

  /// The same of few rows, whose columns are split over the ``ThreadTeam``.
  func multiplySharingColumns(
    rows: Int, x: UnsafePointer<Float>, xRowStride: Int, bias: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>, stride: Int
  ) {
    guard unit == nil else {
      return multiply(rows: rows, x: x, xRowStride: xRowStride, bias: bias, into: y, stride: stride)
    }
    ThreadTeam.split(n, unit: ctk_panel_columns(), work: rows * n * k) { columns in
      let first = columns.lowerBound
      ctk_product_packed(
        rows, columns.count, k, x, xRowStride, 1, packed.pointer + first * k,
        bias.map { $0 + first }, false, y + first, stride)
    }
  }
}

/// y [m, n] = (accumulate ? y : 0) + bias + a [m, k] b [k, n], all three with strides; `bias` is a row of
/// n floats or nil.
///
/// With `isShared` the longer side of y is split over the ``ThreadTeam``.
package func matrixProduct(
  m: Int, n: Int, k: Int, a: UnsafePointer<Float>, aRowStride: Int, aColumnStride: Int,
  b: UnsafePointer<Float>, bRowStride: Int, bColumnStride: Int,
  bias: UnsafePointer<Float>? = nil, accumulate: Bool = false,
  into y: UnsafeMutablePointer<Float>, stride: Int, isShared: Bool = false, precision: Precision
) {
  func multiply(_ rows: Range<Int>, _ columns: Range<Int>) {
    if precision.inUse != .highest {
      let packed = PackedMatrix(
        b + columns.lowerBound * bColumnStride, kStride: bRowStride, nStride: bColumnStride,
        n: columns.count, k: k, precision: precision)
      packed.multiply(
        rows: rows.count, x: a + rows.lowerBound * aRowStride, xRowStride: aRowStride,
        xColumnStride: aColumnStride, bias: bias.map { $0 + columns.lowerBound },
        accumulate: accumulate, into: y + rows.lowerBound * stride + columns.lowerBound,
        stride: stride)
      return
    }
    let scratch = ctk_product_scratch(rows.count, columns.count, k)
    let memory = scratch > 0 ? Storage(count: scratch) : nil
    ctk_product(
      rows.count, columns.count, k, a + rows.lowerBound * aRowStride, aRowStride, aColumnStride,
      b + columns.lowerBound * bColumnStride, bRowStride, bColumnStride,
      bias.map { $0 + columns.lowerBound }, accumulate,
      y + rows.lowerBound * stride + columns.lowerBound, stride, memory?.pointer)
    withExtendedLifetime(memory) {}
  }
  guard isShared else { return multiply(0..<m, 0..<n) }
  if m >= n {
    ThreadTeam.split(m, unit: 4, work: m * n * k) { multiply($0, 0..<n) }
  } else {
    ThreadTeam.split(n, unit: ctk_panel_columns(), work: m * n * k) { multiply(0..<m, $0) }
  }
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
      m: m, n: n, k: first.count, a: first.a, aRowStride: 1, aColumnStride: first.aStride,
      b: first.b, bRowStride: first.bStride, bColumnStride: 1, accumulate: accumulate, into: y,
      stride: stride, precision: precision)
    return
  }
  let scratch = Storage(count: ctk_gathered_scratch(m, n))
  ctk_gathered_product(m, n, raw, pieces.count, accumulate, y, stride, scratch.pointer)
  withExtendedLifetime(scratch) {}
}
