import CTensorKernels
import Testing

/// A matrix unit, and how many parts numbers are cut into.
struct UnitCase: Sendable, CustomTestStringConvertible {
  let parts: Int32
  let isEmulated: Bool

  /// Both precisions, on the plain model and on the processor's own unit if it has one.
  static let all = [true, false].flatMap { isEmulated in
    [1, 2].map { UnitCase(parts: $0, isEmulated: isEmulated) }
  }.filter { $0.isEmulated || ctk_matrix_unit_amx() != nil }

  var unit: ctk_matrix_unit {
    (isEmulated ? ctk_matrix_unit_emulated() : ctk_matrix_unit_amx())!.pointee
  }
  var testDescription: String { "\(String(cString: unit.name)) with \(parts) parts" }

  /// How far an element may be off, for each unit of the product of the absolute values.
  ///
  /// A bf16 is off by 2^-8 of itself at most: two of them in a product, or, with two parts, what both
  /// second parts leave and the product of the second parts. Sums are float32.
  func bound(_ k: Int) -> Float {
    let cut: Float = parts == 1 ? 0x2.1p-8 : 0x3.1p-16
    return cut + Float(3 * k + 4) * Float.ulpOfOne / 2
  }

  /// The relative error of a whole product of random numbers, which is what users are told: about 2e-3
  /// and 4e-6. A number's part is off by 1.5e-3 of it on average, and errors add up like independent ones.
  var typicalError: Double { parts == 1 ? 2.3e-3 : 4.3e-6 }

  func pack(_ product: ProductCase) -> AlignedFloats {
    let memory = AlignedFloats(ctk_unit_packed_count(product.n, product.k, parts))
    unit.pack(
      memory.pointer, product.w, product.wStrides.row, product.wStrides.column, product.n,
      product.k, parts)
    return memory
  }

  /// Rows `rows` and columns `columns` of the product, in a copy of y.
  func result(
    _ product: ProductCase, rows: Range<Int>? = nil, columns: Range<Int>? = nil
  ) -> [Float] {
    let (rows, columns) = (rows ?? 0..<product.m, columns ?? 0..<product.n)
    let packed = pack(product)
    var y = product.y
    y.withUnsafeMutableBufferPointer { y in
      product.x.withUnsafeBufferPointer { x in
        product.bias.withUnsafeBufferPointer { bias in
          unit.product(
            rows.count, columns.count, product.k,
            x.baseAddress! + rows.lowerBound * product.xStrides.row, product.xStrides.row,
            product.xStrides.column,
            packed.pointer + ctk_unit_packed_count(columns.lowerBound, product.k, parts), parts,
            product.hasBias ? bias.baseAddress! + columns.lowerBound : nil, product.accumulates,
            y.baseAddress! + rows.lowerBound * product.yStride + columns.lowerBound,
            product.yStride)
        }
      }
    }
    return y
  }
}

/// Floats from the kernels' own memory, which is aligned as packed matrices must be.
final class AlignedFloats {
  let pointer: UnsafeMutablePointer<Float>
  init(_ count: Int) { pointer = ctk_memory_create(count)! }
  deinit { ctk_memory_destroy(pointer) }
}

@Suite struct MatrixUnitTests {
  /// Every size in each dimension, and some that are cut into several blocks.
  private static let sizes: [(m: Int, n: Int, k: Int)] = {
    var sizes: [(m: Int, n: Int, k: Int)] = [
      (40, 70, 513), (3, 40, 1100), (1, 200, 257), (100, 33, 64), (2, 10, 0),
    ]
    for size in 1...70 {
      sizes.append((m: size, n: size * 37 % 70 + 1, k: size * 11 % 70 + 1))
      sizes.append((m: size * 11 % 40 + 1, n: size, k: size * 7 % 70 + 1))
      sizes.append((m: size * 29 % 70 + 1, n: size * 13 % 40 + 1, k: size))
    }
    return sizes
  }()

  @Test(arguments: UnitCase.all)
  func productIsAsNearAsItsPartsAllow(unit: UnitCase) {
    var generator = TestGenerator(seed: 60)
    for (m, n, k) in Self.sizes {
      let product = ProductCase(&generator, m: m, n: n, k: k)
      let magnitudes = product.magnitudes
      let bound = unit.bound(k)
      expectClose(
        unit.result(product), product.expected, within: { bound * magnitudes[$0] },
        "\(unit.testDescription) \(product.description)")
    }
  }

  @Test(arguments: UnitCase.all)
  func wholeProductHasTheStatedError(unit: UnitCase) {
    var generator = TestGenerator(seed: 61)
    for (m, n, k) in [(64, 128, 256), (33, 100, 700), (64, 64, 64)] {
      var product = ProductCase(&generator, m: m, n: n, k: k)
      (product.hasBias, product.accumulates) = (false, false)
      let (found, expected) = (unit.result(product), product.expected)
      var (error, size) = (0.0, 0.0)
      for row in 0..<m {
        for column in 0..<n {
          let index = row * product.yStride + column
          error += Double((found[index] - expected[index]) * (found[index] - expected[index]))
          size += Double(expected[index] * expected[index])
        }
      }
      #expect((error / size).squareRoot() < unit.typicalError, "\(product.description)")
    }
  }

  /// Small whole numbers have one part and exact sums.
  @Test(arguments: UnitCase.all)
  func productOfSmallWholeNumbersIsExact(unit: UnitCase) {
    var generator = TestGenerator(seed: 62)
    for (m, n, k) in [(5, 7, 3), (33, 65, 40), (16, 16, 32)] {
      var product = ProductCase(&generator, m: m, n: n, k: k)
      for path in [\ProductCase.x, \.w, \.bias, \.y] {
        product[keyPath: path] = product[keyPath: path].map { ($0 * 8).rounded() }
      }
      expectSame(unit.result(product), product.expected, product.description)
    }
  }

  /// What makes results independent of the number of threads.
  @Test(arguments: UnitCase.all)
  func partOfTheRowsOrColumnsHasTheBitsItHasInTheWhole(unit: UnitCase) {
    var generator = TestGenerator(seed: 63)
    for (m, n, k) in [(40, 100, 30), (70, 33, 530), (17, 65, 32)] {
      let product = ProductCase(&generator, m: m, n: n, k: k)
      let whole = unit.result(product)
      for rows in [0..<1, 3..<m, 16..<17] {
        let elements =
          rows.lowerBound * product.yStride..<(rows.upperBound - 1) * product.yStride + n
        expectSame(
          Array(unit.result(product, rows: rows)[elements]), Array(whole[elements]),
          "rows \(rows) of \(product.description)")
      }
      let part = unit.result(product, columns: 32..<n)
      for row in 0..<m {
        let elements = row * product.yStride + 32..<row * product.yStride + n
        expectSame(
          Array(part[elements]), Array(whole[elements]),
          "row \(row) from column 32 of \(product.description)")
      }
    }
  }

  /// The sum over rows that come in pieces is the product with a transposed left side.
  @Test(arguments: UnitCase.all)
  func gatheredProductIsTheSameHoweverItIsCut(unit: UnitCase) {
    var generator = TestGenerator(seed: 64)
    for (m, n, k) in [(1, 1, 1), (20, 40, 70), (65, 17, 600), (33, 530, 45), (70, 70, 33)] {
      let (a, b) = (generator.floats(k * (m + 3)), generator.floats(k * (n + 1)))
      let start = generator.floats(m * n)
      var expected = start
      ctk_product_reference(m, n, k, a, 1, m + 3, b, n + 1, 1, nil, true, &expected, n)
      var magnitudes = start.map(abs)
      ctk_product_reference(
        m, n, k, a.map(abs), 1, m + 3, b.map(abs), n + 1, 1, nil, true, &magnitudes, n)
      var first: [Float]?
      for cuts in [[k], [1, k - 1], [k / 3, k / 3, k - k / 3 * 2], [40, k - 40]] {
        let found = Self.gathered(unit, cuts.filter { $0 > 0 }, (m, n, k), a, b, start)
        let bound = unit.bound(k)
        expectClose(
          found, expected, within: { bound * magnitudes[$0] }, "[\(m), \(n)] over \(cuts)")
        if let first { expectSame(found, first, "[\(m), \(n)] over \(cuts)") }
        first = first ?? found
      }
    }
  }

  private static func gathered(
    _ unit: UnitCase, _ cuts: [Int], _ sizes: (m: Int, n: Int, k: Int), _ a: [Float], _ b: [Float],
    _ start: [Float]
  ) -> [Float] {
    let (m, n, k) = sizes
    guard cuts.reduce(0, +) == k else { return gathered(unit, [k], sizes, a, b, start) }
    var y = start
    let scratch = AlignedFloats(ctk_unit_gathered_scratch(n, unit.parts))
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var row = 0
        let pieces = cuts.map { count in
          defer { row += count }
          return ctk_rows(
            a: a.baseAddress! + row * (m + 3), a_stride: m + 3, b: b.baseAddress! + row * (n + 1),
            b_stride: n + 1, count: count)
        }
        unit.unit.gathered_product(
          m, n, pieces, pieces.count, unit.parts, true, &y, n, scratch.pointer)
      }
    }
    return y
  }

  @Test(arguments: UnitCase.all)
  func nanStaysNaN(unit: UnitCase) {
    var generator = TestGenerator(seed: 65)
    var product = ProductCase(&generator, m: 3, n: 3, k: 5)
    product.x[0] = Float(bitPattern: 0x7fff_ffff)
    #expect(unit.result(product)[0].isNaN)
    product.x[0] = .infinity
    #expect(!unit.result(product)[0].isFinite)
  }
}
