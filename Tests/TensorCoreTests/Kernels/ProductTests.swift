import CTensorKernels
import Testing

/// A product with everything that may vary about it.
struct ProductCase {
  var m: Int, n: Int, k: Int
  var xStrides: (row: Int, column: Int)
  var wStrides: (row: Int, column: Int)
  var yStride: Int
  var hasBias: Bool, accumulates: Bool
  var x: [Float], w: [Float], bias: [Float], y: [Float]

  init(_ generator: inout TestGenerator, m: Int, n: Int, k: Int) {
    (self.m, self.n, self.k) = (m, n, k)
    let gap = generator.size(0...2)
    xStrides = [(k + gap, 1), (1, m + gap), (2 * k + 1, 2)].randomElement(using: &generator)!
    wStrides = [(n + gap, 1), (1, k + gap), (3 * n, 3)].randomElement(using: &generator)!
    yStride = n + gap
    hasBias = Bool.random(using: &generator)
    accumulates = Bool.random(using: &generator)
    x = generator.floats((m - 1) * xStrides.row + max(k - 1, 0) * xStrides.column + 1)
    w = generator.floats(max(k - 1, 0) * wStrides.row + (n - 1) * wStrides.column + 1)
    bias = generator.floats(n)
    y = generator.floats((m - 1) * yStride + n)
  }

  var description: String { "[\(m), \(k)] * [\(k), \(n)], x strides \(xStrides), w \(wStrides)" }

  var expected: [Float] { reference(x, w, bias, y) }

  /// How far float32 may be off: gamma_k times the product of the absolute values, plus what one
  /// rounding of a subnormal costs (Higham, Accuracy and Stability of Numerical Algorithms, 3.5).
  var tolerances: [Float] { magnitudes.map { Float(k + 4) * (Float.ulpOfOne / 2) * $0 } }

  /// The product of the absolute values.
  var magnitudes: [Float] { reference(x.map(abs), w.map(abs), bias.map(abs), y.map(abs)) }

  private func reference(_ x: [Float], _ w: [Float], _ bias: [Float], _ y: [Float]) -> [Float] {
    var y = y
    bias.withUnsafeBufferPointer { bias in
      ctk_product_reference(
        m, n, k, x, xStrides.row, xStrides.column, w, wStrides.row, wStrides.column,
        hasBias ? bias.baseAddress : nil, accumulates, &y, yStride)
    }
    return y
  }

  func packed(_ kernels: Kernels, fromColumn start: Int = 0) -> [Float] {
    let table = kernels.table
    var packed = [Float](repeating: .nan, count: table.packed_count(n - start, k))
    w.withUnsafeBufferPointer { w in
      table.pack(
        &packed, w.baseAddress! + start * wStrides.column, wStrides.row, wStrides.column, n - start,
        k)
    }
    return packed
  }

  /// Rows `rows` of the product, in a copy of y.
  func result(_ kernels: Kernels, rows: Range<Int>? = nil) -> [Float] {
    let rows = rows ?? 0..<m
    let packed = packed(kernels)
    var y = y
    y.withUnsafeMutableBufferPointer { y in
      x.withUnsafeBufferPointer { x in
        bias.withUnsafeBufferPointer { bias in
          kernels.table.product_packed(
            rows.count, n, k, x.baseAddress! + rows.lowerBound * xStrides.row, xStrides.row,
            xStrides.column, packed, hasBias ? bias.baseAddress : nil, accumulates,
            y.baseAddress! + rows.lowerBound * yStride, yStride)
        }
      }
    }
    return y
  }

  func unpackedResult(_ kernels: Kernels, withScratch: Bool) -> [Float] {
    var y = y
    let count = kernels.table.product_scratch(m, n, k)
    var scratch = [Float](repeating: .nan, count: max(1, count))
    bias.withUnsafeBufferPointer { bias in
      scratch.withUnsafeMutableBufferPointer { scratch in
        kernels.table.product(
          m, n, k, x, xStrides.row, xStrides.column, w, wStrides.row, wStrides.column,
          hasBias ? bias.baseAddress : nil, accumulates, &y, yStride,
          withScratch ? scratch.baseAddress : nil)
      }
    }
    return y
  }

  func check(_ kernels: Kernels) {
    let tolerances = tolerances
    expectClose(
      result(kernels), expected, within: { tolerances[$0] },
      "\(kernels.testDescription) \(description)")
  }
}

@Suite struct ProductTests {
  /// Every height with some widths, every width with some heights, depths about them, and some deep.
  private static let sizes: [(m: Int, n: Int, k: Int)] = {
    var sizes: [(m: Int, n: Int, k: Int)] = [
      (3, 100, 513), (9, 49, 256), (1, 200, 257), (130, 20, 64), (2, 10, 0), (17, 144, 300),
      (101, 97, 270), (200, 50, 33), (11, 1100, 20), (1, 1, 600), (1, 33, 70), (33, 1030, 9),
    ]
    for size in 1...70 {
      sizes.append((m: size, n: size * 37 % 70 + 1, k: size))
      sizes.append((m: size * 11 % 14 + 1, n: size, k: size * 7 % 33))
    }
    return sizes
  }()

  @Test(arguments: Kernels.all)
  func matchesItsTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 4)
    for (m, n, k) in Self.sizes {
      ProductCase(&generator, m: m, n: n, k: k).check(kernels)
    }
  }

  /// Packed or not, a product is the same sum.
  @Test(arguments: Kernels.all)
  func packsToTheSameBits(kernels: Kernels) {
    var generator = TestGenerator(seed: 5)
    for (m, n, k) in Self.sizes {
      let product = ProductCase(&generator, m: m, n: n, k: k)
      let expected = product.result(kernels)
      for withScratch in [false, true] {
        expectSame(
          product.unpackedResult(kernels, withScratch: withScratch), expected,
          "\(product.description), scratch \(withScratch)")
      }
    }
  }

  @Test(arguments: Kernels.all)
  func rowAloneHasTheBitsItHasInABatch(kernels: Kernels) {
    var generator = TestGenerator(seed: 6)
    for (m, n, k) in [(1, 5, 3), (7, 50, 20), (19, 33, 300), (40, 10, 10), (6, 200, 600)] {
      let product = ProductCase(&generator, m: m, n: n, k: k)
      let together = product.result(kernels)
      for split in [1, 2, 3, 5] {
        var pieces = product.y
        for start in stride(from: 0, to: m, by: split) {
          let rows = start..<min(start + split, m)
          let piece = product.result(kernels, rows: rows)
          let elements = start * product.yStride..<(rows.upperBound - 1) * product.yStride + n
          pieces.replaceSubrange(elements, with: piece[elements])
        }
        expectSame(pieces, together, "\(product.description) by \(split) rows")
      }
    }
  }

  @Test(arguments: Kernels.all)
  func columnHasTheSameBitsInAnyPlace(kernels: Kernels) {
    var generator = TestGenerator(seed: 7)
    for (m, n, k) in [(1, 130, 40), (3, 130, 40), (8, 70, 300), (2, 20, 9)] {
      var product = ProductCase(&generator, m: m, n: n, k: k)
      product.accumulates = false
      product.hasBias = false
      let whole = product.result(kernels)
      for start in [1, 5, 12, 16, 19] {
        let packed = product.packed(kernels, fromColumn: start)
        var part = product.y
        part.withUnsafeMutableBufferPointer { part in
          kernels.table.product_packed(
            m, n - start, k, product.x, product.xStrides.row, product.xStrides.column, packed, nil,
            false, part.baseAddress! + start, product.yStride)
        }
        for row in 0..<m {
          let columns = row * product.yStride + start..<row * product.yStride + n
          expectSame(
            Array(part[columns]), Array(whole[columns]),
            "\(product.description), row \(row) from column \(start)")
        }
      }
    }
  }

  /// What the header promises about the columns of a packed matrix.
  @Test(arguments: Kernels.all)
  func panelsOfAPackedMatrixArePackedMatrices(kernels: Kernels) {
    var generator = TestGenerator(seed: 8)
    let product = ProductCase(&generator, m: 1, n: 150, k: 7)
    let start = kernels.table.panel_columns
    expectSame(
      product.packed(kernels, fromColumn: start),
      Array(product.packed(kernels)[(start * 7)...]), "columns from \(start)")
  }

  @Test(arguments: Kernels.all)
  func emptyProductIsTheBias(kernels: Kernels) {
    var y: [Float] = [7, 7, 7, 7]
    kernels.table.product_packed(2, 2, 0, [], 0, 1, [], [1, 2], false, &y, 2)
    #expect(y == [1, 2, 1, 2])
    kernels.table.product_packed(2, 2, 0, [], 0, 1, [], [1, 2], true, &y, 2)
    #expect(y == [2, 4, 2, 4])
  }

  @Test(arguments: Kernels.all)
  func multipliesTheTwoByTwoByHand(kernels: Kernels) {
    var y: [Float] = [0, 0, 0, 0]
    kernels.table.product(2, 2, 2, [1, 2, 3, 4], 2, 1, [5, 6, 7, 8], 2, 1, nil, false, &y, 2, nil)
    #expect(y == [19, 22, 43, 50])
  }
}
