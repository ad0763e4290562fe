import CTensorKernels
import Testing

/// The traces of real-time recurrent learning.
@Suite struct TraceTests {
  @Test(arguments: Kernels.all, 0...Int(CTK_MAX_TRACES))
  func aStepMatchesItsTwin(kernels: Kernels, states: Int) {
    var generator = TestGenerator(seed: 40)
    for width in [1, 3, 8, 17, 64, 70] {
      let rows = 1 + width % 5
      let sums = states + 1
      let factors = (0..<sums * states).map { _ in generator.floats(rows) }
      let left = (0..<sums).map { _ in generator.floats(rows) }
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
                  gradient: own[states], factors: base,
                  left: base.map { $0 + factors.count },
                  right: base.map { $0 + factors.count + sums })
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
        "\(states) states, \(rows) x \(width)")
    }
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
