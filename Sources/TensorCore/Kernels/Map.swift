internal import CTensorKernels

/// `destination[i] = function(a[i], b[i], c[i])` for `count` elements, split over the ``ThreadTeam``
/// where there are many. The destination may be the same array as any operand; operands that the
/// function does not read are left out.
package func map(
  _ function: ElementwiseFunction, into destination: UnsafeMutablePointer<Float>,
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>? = nil, _ c: UnsafePointer<Float>? = nil,
  count: Int
) {
  ThreadTeam.split(count, unit: 16, work: 4 * count) { range in
    let start = range.lowerBound
    ctk_map(
      function.operation, destination + start, a + start, b.map { $0 + start },
      c.map { $0 + start }, range.count)
  }
}
