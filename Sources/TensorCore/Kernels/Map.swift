internal import CTensorKernels

/// `destination[i] = function(a[i], b[i], c[i])` for `count` elements, split over the ``ThreadTeam``
/// where there are many. The destination may be the same memory as any operand; operands that the
/// function does not read are left out.
package func map(
  _ function: ElementwiseFunction, into destination: Floats, _ a: Floats, _ b: Floats? = nil,
  _ c: Floats? = nil, count: Int
) {
  withPointers(destination, a, b ?? a, c ?? a) { y, a, b, c in
    ThreadTeam.split(count, unit: 16, work: 4 * count) { range in
      let start = range.lowerBound
      ctk_map(function.operation, y + start, a + start, b + start, c + start, range.count)
    }
  }
}
