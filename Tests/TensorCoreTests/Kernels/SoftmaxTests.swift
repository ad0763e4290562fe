import CTensorKernels
import Testing

@Suite struct SoftmaxTests {
  private static let sizes = (1...70).map { ($0 % 5 + 1, $0) } + [(3, 1000), (2, 4099)]

  /// Four roundings of the exponential, and those of the sum.
  private static func tolerance(_ width: Int) -> Float {
    (8 + Float(width) / 16) * Float.ulpOfOne
  }

  @Test(arguments: Kernels.all)
  func matchesItsTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 20)
    for (rows, width) in Self.sizes {
      let x = generator.floats(rows * width, in: -8...8)
      var (found, expected) = (x, x)
      kernels.table.softmax(x, rows, width, &found)
      ctk_softmax_reference(x, rows, width, &expected)
      expectClose(
        found, expected, relative: Self.tolerance(width), "softmax of [\(rows), \(width)]")
      kernels.table.log_softmax(x, rows, width, &found)
      ctk_log_softmax_reference(x, rows, width, &expected)
      // x - maximum has up to 16 units before the point.
      expectClose(
        found, expected, within: { _ in 16 * Self.tolerance(width) },
        "log-softmax of [\(rows), \(width)]")
    }
  }

  @Test(arguments: Kernels.all)
  func writesOverItsInput(kernels: Kernels) {
    var generator = TestGenerator(seed: 21)
    let x = generator.floats(5 * 37, in: -3...3)
    var (apart, inPlace) = (x, x)
    kernels.table.softmax(x, 5, 37, &apart)
    inPlace.withUnsafeMutableBufferPointer {
      kernels.table.softmax($0.baseAddress, 5, 37, $0.baseAddress)
    }
    expectSame(inPlace, apart, "softmax in place")
  }

  @Test(arguments: Kernels.all)
  func hugeLogitsDoNotOverflow(kernels: Kernels) {
    var y: [Float] = [0, 0, 0]
    kernels.table.softmax([3e38, -3e38, 3e38], 1, 3, &y)
    #expect(y == [0.5, 0, 0.5])
    kernels.table.softmax([-.infinity, 1, -.infinity], 1, 3, &y)
    #expect(y == [0, 1, 0])
  }

  @Test(arguments: Kernels.all)
  func crossEntropyMatchesItsTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 22)
    for (rows, width) in Self.sizes {
      let x = generator.floats(rows * width, in: -8...8)
      let targets = (0..<rows).map { _ in Int32(generator.size(-1...width - 1)) }
      let scale = generator.floats(1, in: 0.5...2)[0]
      var losses = [Float](repeating: .nan, count: rows)
      var (alone, expectedLosses) = (losses, losses)
      var (gradient, expectedGradient) = (x, x)
      gradient.withUnsafeMutableBufferPointer {  // over the input
        kernels.table.cross_entropy(
          $0.baseAddress, rows, width, targets, scale, &losses, $0.baseAddress)
      }
      kernels.table.cross_entropy(x, rows, width, targets, scale, &alone, nil)
      ctk_cross_entropy_reference(
        x, rows, width, targets, scale, &expectedLosses, &expectedGradient)
      let what = "[\(rows), \(width)]"
      expectClose(losses, expectedLosses, within: { _ in 16 * Self.tolerance(width) }, what)
      expectSame(alone, losses, "\(what) without a gradient")
      expectClose(gradient, expectedGradient, within: { _ in Self.tolerance(width) }, what)
    }
  }

  @Test(arguments: Kernels.all)
  func rowDoesNotSeeItsNeighbours(kernels: Kernels) {
    var generator = TestGenerator(seed: 23)
    let (rows, width) = (6, 65)
    let x = generator.floats(rows * width, in: -4...4)
    var together = x
    kernels.table.softmax(x, rows, width, &together)
    for row in 0..<rows {
      let elements = row * width..<(row + 1) * width
      var alone = Array(x[elements])
      kernels.table.softmax(Array(x[elements]), 1, width, &alone)
      expectSame(alone, Array(together[elements]), "row \(row)")
    }
  }

  @Test(arguments: Kernels.all)
  func gathersRowsLikeItsTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 25)
    for width in 1...40 {
      let table = generator.floats(5 * width)
      let indices: [Int32] = [4, 0, 2, 2, 1]
      var found = [Float](repeating: 0, count: 5 * width)
      var expected = found
      kernels.table.gather_rows(table, width, indices, 5, &found)
      ctk_gather_rows_reference(table, width, indices, 5, &expected)
      expectSame(found, expected, "width \(width)")
    }
  }

  @Test(arguments: Kernels.all)
  func scatterAddsInTheOrderOfRows(kernels: Kernels) {
    var generator = TestGenerator(seed: 24)
    for width in 1...70 {
      let x = generator.floats(9 * width)
      let indices = (0..<9).map { _ in Int32(generator.size(0...3)) }
      var found = generator.floats(4 * width)
      var expected = found
      kernels.table.scatter_add_rows(x, width, width, indices, 9, &found, width)
      ctk_scatter_add_rows_reference(x, width, width, indices, 9, &expected, width)
      expectSame(found, expected, "rows of \(width)")
    }
  }

  @Test func gathersRows() {
    var generator = TestGenerator(seed: 25)
    for width in 1...70 {
      let table = generator.floats(4 * width)
      let indices = (0..<9).map { _ in Int32(generator.size(0...3)) }
      var found = [Float](repeating: .nan, count: 9 * width)
      var expected = found
      ctk_gather_rows(table, width, indices, 9, &found)
      ctk_gather_rows_reference(table, width, indices, 9, &expected)
      expectSame(found, expected, "rows of \(width)")
    }
  }
}
