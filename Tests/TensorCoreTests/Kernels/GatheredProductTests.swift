import CTensorKernels
import TensorCore
import Testing

/// Sums of aᵀ b over rows that come in pieces, and products of random sizes.
@Suite struct GatheredProductTests {
  private struct Case {
    var m: Int, n: Int, k: Int
    var gap: Int
    var a: [Float], b: [Float], y: [Float]

    init(_ generator: inout TestGenerator, m: Int, n: Int, k: Int) {
      (self.m, self.n, self.k) = (m, n, k)
      gap = generator.size(0...3)
      a = generator.floats(k * (m + gap))
      b = generator.floats(k * (n + gap))
      y = generator.floats(m * n)
    }

    var expected: [Float] { reference(a, b, y) }

    /// As in the tests of products: gamma_k times the product of the absolute values.
    var tolerances: [Float] {
      reference(a.map(abs), b.map(abs), y.map(abs)).map {
        Float(k + 4) * (Float.ulpOfOne / 2) * $0
      }
    }

    private func reference(_ a: [Float], _ b: [Float], _ y: [Float]) -> [Float] {
      var y = y
      ctk_product_reference(m, n, k, a, 1, m + gap, b, n + gap, 1, nil, true, &y, n)
      return y
    }

    /// The sum over pieces with the given numbers of rows.
    func result(_ kernels: Kernels, pieces counts: [Int]) -> [Float] {
      var y = y
      var scratch = [Float](repeating: .nan, count: kernels.table.gathered_scratch(m, n))
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          var row = 0
          let pieces = counts.map { count in
            defer { row += count }
            return ctk_rows(
              a: a.baseAddress! + row * (m + gap), a_stride: m + gap,
              b: b.baseAddress! + row * (n + gap), b_stride: n + gap, count: count)
          }
          kernels.table.gathered_product(m, n, pieces, pieces.count, true, &y, n, &scratch)
        }
      }
      return y
    }
  }

  @Test(arguments: Kernels.all)
  func matchesItsTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 70)
    for size in 1...70 {
      for (m, n, k) in [
        (size, size * 37 % 70 + 1, size * 11 % 70 + 1),
        (size * 13 % 70 + 1, size, size * 7 % 70 + 1),
        (size * 29 % 70 + 1, size * 17 % 70 + 1, size),
      ] {
        let product = Case(&generator, m: m, n: n, k: k)
        let tolerances = product.tolerances
        expectClose(
          product.result(kernels, pieces: [k]), product.expected, within: { tolerances[$0] },
          "[\(m), \(n)] over \(k) rows")
      }
    }
  }

  @Test(arguments: Kernels.all)
  func cutsChangeNoBit(kernels: Kernels) {
    var generator = TestGenerator(seed: 71)
    for (m, n, k) in [(5, 9, 40), (33, 70, 300), (100, 20, 600), (1, 1, 7)] {
      let product = Case(&generator, m: m, n: n, k: k)
      let whole = product.result(kernels, pieces: [k])
      for count in [1, 3, 64, 257] where count < k {
        let counts = stride(from: 0, to: k, by: count).map { min(count, k - $0) }
        expectSame(
          product.result(kernels, pieces: counts), whole, "[\(m), \(n)] over \(k) by \(count)")
      }
    }
  }

  /// Sizes up to some hundreds: whole panels and blocks, and what is left of them.
  @Test(arguments: Kernels.all)
  func largeProductsMatchTheirTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 72)
    for _ in 0..<6 {
      let (m, n, k) = (
        generator.size(70...200), generator.size(70...300), generator.size(70...700)
      )
      let product = ProductCase(&generator, m: m, n: n, k: k)
      let tolerances = product.tolerances
      expectClose(
        product.result(kernels), product.expected, within: { tolerances[$0] },
        product.description)
      expectSame(
        product.unpackedResult(kernels, withScratch: true), product.result(kernels),
        product.description)
      let gathered = Case(&generator, m: m, n: n, k: k)
      let bounds = gathered.tolerances
      expectClose(
        gathered.result(kernels, pieces: [k / 3, k - k / 3]), gathered.expected,
        within: { bounds[$0] }, "[\(m), \(n)] over \(k) rows")
    }
  }
}
