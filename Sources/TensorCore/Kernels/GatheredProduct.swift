internal import CTensorKernels

/// y [m, n] = (accumulate ? y : 0) + the sum over all rows of `a(r, i) * b(r, j)`, in the order of the
/// pieces; none is empty.
///
/// The rows need not follow each other in memory; how they are cut changes no bit.
func gatheredProduct(
  m: Int, n: Int, _ pieces: UnsafeBufferPointer<ctk_rows>, accumulate: Bool,
  into y: UnsafeMutablePointer<Float>, stride: Int, precision: Precision
) {
  guard let first = pieces.first else { return }
  if let unit = MatrixUnit(precision) {
    withScratch(ctk_unit_gathered_scratch(n, unit.parts)) {
      unit.kernels.gathered_product(
        m, n, pieces.baseAddress, pieces.count, unit.parts, accumulate, y, stride, $0)
    }
  } else if pieces.count == 1 {
    withScratch(ctk_product_scratch(m, n, first.count)) {
      ctk_product(
        m, n, first.count, first.a, 1, first.a_stride, first.b, first.b_stride, 1, nil, accumulate,
        y, stride, $0)
    }
  } else {
    withScratch(ctk_gathered_scratch(m, n)) {
      ctk_gathered_product(m, n, pieces.baseAddress, pieces.count, accumulate, y, stride, $0)
    }
  }
}
