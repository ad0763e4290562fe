import CTensorKernels
import Testing

/// The traces of real-time recurrent learning.
@Suite struct TraceTests {
  @Test(arguments: Kernels.all, 0...Int(CTK_MAX_TRACES))
  func aStepMatchesItsTwin(kernels: Kernels, states: Int) {
    for (rows, width) in [(2, 1), (4, 3), (4, 8), (3, 17), (5, 64), (1, 70), (67, 1)] {
      for isProduct in [true, false] {
        for adds in [true, false] {
          compare(kernels, states: states, rows, width, isProduct: isProduct, adds: adds)
        }
      }
    }
  }

  private func compare(
    _ kernels: Kernels, states: Int, _ rows: Int, _ width: Int, isProduct: Bool, adds: Bool
  ) {
    var generator = TestGenerator(seed: 40)
    let sums = states + 1
    let factors = (0..<sums * states).map { _ in generator.floats(rows) }
    let left = (0..<sums).map { _ in generator.floats(isProduct ? rows : rows * width) }
    let right = (0..<sums).map { _ in generator.floats(width) }
    // The traces, and behind them the gradient.
    let start = generator.floats(sums * rows * width)
    func advanced(_ step: (UnsafePointer<ctk_traces>, Int, Int) -> Void) -> [Float] {
      var memory = start
      memory.withUnsafeMutableBufferPointer { memory in
        let own = (0..<sums).map { index in memory.baseAddress.map { $0 + index * rows * width } }
        withPointers(to: factors + left + right) { pointers in
          own.withUnsafeBufferPointer { own in
            pointers.withUnsafeBufferPointer { pointers in
              let base = pointers.baseAddress
              var traces = ctk_traces(
                width: width, states: Int32(states), traces: own.baseAddress,
                gradient: own[states], adds: adds, factors: base,
                left: base.map { $0 + factors.count },
                right: isProduct ? base.map { $0 + factors.count + sums } : nil)
              // In two parts, as threads would.
              step(&traces, 0, rows / 2)
              step(&traces, rows / 2, rows)
            }
          }
        }
      }
      return memory
    }
    // Values are at most 1, and each of states + 1 additions rounds once.
    let tolerance = { (_: Int) in Float(2 * sums * sums) * Float.ulpOfOne }
    expectClose(
      advanced { kernels.table.advance_traces($0, $1, $2) },
      advanced { ctk_advance_traces_reference($0, $1, $2) }, within: tolerance,
      "\(states) states, \(rows) x \(width), product: \(isProduct), adds: \(adds)")
  }

  /// Calls `body` with the address of each array.
  private func withPointers(
    to arrays: [[Float]], _ body: ([UnsafePointer<Float>?]) -> Void
  ) {
    func add(_ pointers: [UnsafePointer<Float>?]) {
      if pointers.count == arrays.count { return body(pointers) }
      arrays[pointers.count].withUnsafeBufferPointer { add(pointers + [$0.baseAddress]) }
    }
    add([])
  }
}
