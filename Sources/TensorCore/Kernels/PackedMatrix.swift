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
  private let format: WeightFormat
  private let packed: Floats
  /// W itself, where it is not packed.
  private let matrix: StridedMatrix?
  /// The number of floats of a packed copy; nil for a matrix in other memory.
  let copiedCount: Int?

  /// W [k, n] as it stands, for products of one row, each of which packing would take longer than.
  package init(unpacked w: StridedMatrix) {
    (k, n, format, unit, packed, matrix) = (w.rows, w.columns, .float32, nil, w.base, w)
    copiedCount = nil
  }

  /// Packs W [k, n].
  package init(_ w: StridedMatrix, precision: Precision) {
    (k, n, format, matrix) = (w.rows, w.columns, .float32, nil)
    unit = MatrixUnit(precision)
    let count =
      unit.map { ctk_unit_packed_count(w.columns, w.rows, $0.parts) }
      ?? ctk_packed_count(w.columns, w.rows)
    packed = Floats(Storage(count: count))
    copiedCount = count
    pack(w)
  }

  /// Packs another matrix of the same sizes in the place of this copy, which nothing else may read.
  func replace(by w: StridedMatrix) {
    require(
      copiedCount != nil && w.rows == k && w.columns == n,
      "a matrix [\(w.rows), \(w.columns)] in the place of one [\(k), \(n)]")
    pack(w)
  }

  private func pack(_ w: StridedMatrix) {
    withPointers(packed, w.base) {
      if let unit {
        unit.kernels.pack($0, $1, w.rowStride, w.columnStride, n, k, unit.parts)
      } else {
        ctk_pack($0, $1, w.rowStride, w.columnStride, n, k)
      }
    }
  }

  /// The transpose of some rows of a matrix of weights `[.., k]`, in the same memory if they are whole panels; nil if
  /// the precision needs floats packed for a matrix unit.
  package init?(transposeOf weights: EncodedMatrix, rows: Range<Int>, precision: Precision) {
    if weights.format == .float32, MatrixUnit(precision) != nil { return nil }
    (k, n, format, unit, matrix) = (weights.columns, rows.count, weights.format, nil, nil)
    packed = weights.part(rows)
    copiedCount = nil
  }

  /// The matrix in the kernels' form, valid while this value is alive.
  var weight: ctk_weight {
    ctk_weight(
      packed: matrix == nil ? packed.pointer : nil, matrix: matrix?.base.pointer,
      k_stride: matrix?.rowStride ?? 0, n_stride: matrix?.columnStride ?? 0, n: n, k: k,
      encoding: format.code, unit: unit?.pointer, parts: unit?.parts ?? 0)
  }

  /// y [rows, n] = (accumulate ? y : 0) + bias + x [rows, k] W.
  ///
  /// Element y(i, j) stands at `y[i * stride + j]`; `bias` is a row of n floats or nil. A row of the product does
  /// not depend on how many rows there are.
  package func multiply(
    _ x: StridedMatrix, bias: Floats? = nil, accumulate: Bool = false, into y: Floats, stride: Int
  ) {
    if let matrix {
      return matrixProduct(
        x, matrix, bias: bias, accumulate: accumulate, into: y, stride: stride, precision: .highest)
    }
    guard let unit else {
      return multiply(
        x, columns: 0..<n, bias: bias, accumulate: accumulate, into: y, stride: stride)
    }
    withPointers(x.base, packed, y, optional: bias) { base, packed, y, bias in
      unit.kernels.product(
        x.rows, n, k, base, x.rowStride, x.columnStride, packed, unit.parts, bias, accumulate, y,
        stride)
    }
  }

  /// The same of few rows, whose columns are split over the ``ThreadTeam``.
  func multiplySharingColumns(
    _ x: StridedMatrix, bias: Floats?, into y: Floats, stride: Int
  ) {
    guard unit == nil, matrix == nil else {
      return multiply(x, bias: bias, into: y, stride: stride)
    }
    ThreadTeam.split(n, unit: format.panelRows, work: x.rows * n * k) { columns in
      multiply(x, columns: columns, bias: bias, accumulate: false, into: y, stride: stride)
    }
  }

  /// Some columns of the product, which begin a panel, without a matrix unit.
  private func multiply(
    _ x: StridedMatrix, columns: Range<Int>, bias: Floats?, accumulate: Bool, into y: Floats,
    stride: Int
  ) {
    let first = columns.lowerBound
    let bias = bias.map { $0 + first }
    let part = packed + format.offset(ofRow: first, columns: k)
    withPointers(x.base, part, y + first, optional: bias) { base, packed, y, bias in
      if format == .float32 {
        ctk_product_packed(
          x.rows, columns.count, k, base, x.rowStride, x.columnStride, packed, bias, accumulate, y,
          stride)
      } else {
        ctk_product_encoded(
          format.code, x.rows, columns.count, k, base, x.rowStride, x.columnStride, packed, bias,
          accumulate, y, stride)
      }
    }
  }
}

/// y [m, n] = (accumulate ? y : 0) + bias + a [m, k] b [k, n]; element y(i, j) stands at `y[i * stride + j]`,
/// `bias` is a row of n floats or nil.
///
/// With `isShared` the longer side of y is split over the ``ThreadTeam``.
package func matrixProduct(
  _ a: StridedMatrix, _ b: StridedMatrix, bias: Floats? = nil, accumulate: Bool = false,
  into y: Floats, stride: Int,
  isShared: Bool = false, precision: Precision
) {
  let (m, n, k) = (a.rows, b.columns, a.columns)
  require(b.rows == k, "a product of [\(m), \(k)] and [\(b.rows), \(n)]")
  let parts = isShared ? ThreadTeam.parts(ofWork: m * n * k) : 1
  ThreadTeam.run(parts: parts) { part in
    matrixProduct(
      a, b, bias: bias, accumulate: accumulate, into: y, stride: stride, precision: precision, part,
      of: parts)
  }
}

/// One of some parts of the same product: rows or columns of y, along its longer side.
func matrixProduct(
  _ a: StridedMatrix, _ b: StridedMatrix, bias: Floats? = nil, accumulate: Bool, into y: Floats,
  stride: Int, precision: Precision, _ part: Int, of parts: Int
) {
  if parts == 1 { return multiply(a, b, bias, accumulate: accumulate, into: y, stride, precision) }
  if a.rows >= b.columns {
    let rows = ThreadTeam.share(of: a.rows, unit: 2, part, of: parts)
    if rows.isEmpty { return }
    multiply(
      a.rows(rows), b, bias, accumulate: accumulate, into: y + rows.lowerBound * stride, stride,
      precision)
  } else {
    let columns = ThreadTeam.share(of: b.columns, unit: ctk_panel_columns(), part, of: parts)
    if columns.isEmpty { return }
    multiply(
      a, b.columns(columns), bias.map { $0 + columns.lowerBound }, accumulate: accumulate,
      into: y + columns.lowerBound, stride, precision)
  }
}

private func multiply(
  _ a: StridedMatrix, _ b: StridedMatrix, _ bias: Floats?, accumulate: Bool, into y: Floats,
  _ stride: Int, _ precision: Precision
) {
  if precision.inUse != .highest {
    PackedMatrix(b, precision: precision)
      .multiply(a, bias: bias, accumulate: accumulate, into: y, stride: stride)
    return
  }
  withPointers(a.base, b.base, y, optional: bias) { aBase, bBase, y, bias in
    withScratch(ctk_product_scratch(a.rows, b.columns, a.columns)) { scratch in
      ctk_product(
        a.rows, b.columns, a.columns, aBase, a.rowStride, a.columnStride, bBase, b.rowStride,
        b.columnStride, bias, accumulate, y, stride, scratch)
    }
  }
}

/// Calls `body` with scratch memory of `count` floats; nil where that is 0.
func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>?) -> Void) {
  if count > 0 { Storage(count: count).withPointer(body) } else { body(nil) }
}
