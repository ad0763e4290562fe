internal import CTensorKernels

/// The right-hand matrix W [k, n] of products, packed once for the processor and used many times.
package struct PackedMatrix: Sendable {
  /// The rows of W: the length of the sums.
  package let k: Int
  /// The columns of W: the columns of the product.
  package let n: Int
  private let packed: Storage

  /// Packs the matrix whose element (p, j) stands at `w[p * kStride + j * nStride]`.
  package init(_ w: UnsafePointer<Float>, kStride: Int, nStride: Int, n: Int, k: Int) {
    self.k = k
    self.n = n
    packed = Storage(count: ctk_packed_count(n, k))
    ctk_pack(packed.pointer, w, kStride, nStride, n, k)
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
    ctk_product_packed(
      rows, n, k, x, xRowStride, xColumnStride, packed.pointer, bias, accumulate, y, stride)
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
  into y: UnsafeMutablePointer<Float>, stride: Int, isShared: Bool = false
) {
  func multiply(_ rows: Range<Int>, _ columns: Range<Int>) {
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
