import CTensorKernels
import TensorCore
import Testing

/// A product with a matrix of weights in 8 or 16 bits.
private struct EncodedProduct {
  var m: Int, n: Int, k: Int
  var stride: Int, yStride: Int
  var hasBias: Bool, accumulates: Bool
  var x: [Float], codes: [Int8], scales: [Float], bias: [Float], y: [Float]

  init(_ generator: inout TestGenerator, m: Int, n: Int, k: Int) {
    (self.m, self.n, self.k) = (m, n, k)
    stride = k + generator.size(0...2)
    yStride = n + generator.size(0...2)
    hasBias = Bool.random(using: &generator)
    accumulates = Bool.random(using: &generator)
    x = generator.floats(max(1, m * stride), in: -3...3)
    codes = (0..<n * k).map { _ in Int8.random(in: .min...Int8.max, using: &generator) }
    scales = generator.floats(n, in: 0...1)
    bias = generator.floats(n)
    y = generator.floats(m * yStride)
  }

  var packed: [Float] {
    var packed = [Float](repeating: .nan, count: ctk_encoded_count(n, k, CTK_INT8))
    ctk_encoded_pack(&packed, codes, scales, n, k, CTK_INT8)
    return packed
  }

  /// Columns from `start` on, of rows from `row` on; the rest of y is as it was.
  func result(_ kernels: Kernels, row: Int = 0, start: Int = 0) -> [Float] {
    let (packed, panel) = (packed, ctk_encoded_panel(k, CTK_INT8))
    var y = y
    y.withUnsafeMutableBufferPointer { y in
      packed.withUnsafeBufferPointer { packed in
        x.withUnsafeBufferPointer { x in
          bias.withUnsafeBufferPointer { bias in
            kernels.table.product_encoded(
              CTK_INT8, m - row, n - start, k, x.baseAddress! + row * stride, stride, 1,
              packed.baseAddress! + start / Int(CTK_ENCODED_COLUMNS) * panel,
              hasBias ? bias.baseAddress! + start : nil, accumulates,
              y.baseAddress! + row * yStride + start, yStride)
          }
        }
      }
    }
    return y
  }

  var expected: [Float] {
    var y = y
    bias.withUnsafeBufferPointer { bias in
      ctk_product_int8_reference(
        m, n, k, x, stride, 1, codes, scales, hasBias ? bias.baseAddress : nil, accumulates, &y,
        yStride)
    }
    return y
  }

  var description: String { "[\(m), \(k)] * [\(k), \(n)]" }
}

private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

@Suite struct EncodedProductTests {
  private func cases(_ seed: Int) -> [EncodedProduct] {
    var generator = TestGenerator(seed: seed)
    var sizes = (1...40).map { _ in
      (generator.size(1...20), generator.size(1...100), generator.size(0...70))
    }
    sizes += [(1, 96, 300), (3, 40, 2500), (18, 33, 1025), (1, 1, 1), (0, 5, 5)]
    return sizes.map { EncodedProduct(&generator, m: $0, n: $1, k: $2) }
  }

  @Test(arguments: Kernels.all)
  func int8ProductsAreTheTwinsToTheBit(_ kernels: Kernels) {
    for product in cases(1) {
      #expect(bits(product.result(kernels)) == bits(product.expected), "\(product.description)")
    }
  }

  @Test(arguments: Kernels.all)
  func anElementDependsOnItsRowAndColumnAlone(_ kernels: Kernels) {
    for product in cases(2) where product.m > 2 && product.n > 64 {
      let whole = product.result(kernels)
      let part = product.result(kernels, row: 2, start: 64)
      for i in 2..<product.m {
        let range = i * product.yStride + 64..<i * product.yStride + product.n
        #expect(bits(Array(part[range])) == bits(Array(whole[range])), "\(product.description)")
      }
    }
  }

  @Test(arguments: Kernels.all)
  func rowsThatAreNotFiniteGiveNaNAndTinyOnesZero(_ kernels: Kernels) {
    var generator = TestGenerator(seed: 3)
    var product = EncodedProduct(&generator, m: 5, n: 40, k: 37)
    (product.hasBias, product.accumulates) = (false, false)
    product.x[product.stride + 36] = .infinity
    product.x[2 * product.stride] = .nan
    for column in 0..<37 {
      product.x[3 * product.stride + column] = 1e-38
      product.x[4 * product.stride + column] = 0
    }
    let y = product.result(kernels)
    for j in 0..<40 {
      #expect(y[j].isFinite && y[product.yStride + j].isNaN && y[2 * product.yStride + j].isNaN)
      #expect(y[3 * product.yStride + j] == 0 && y[4 * product.yStride + j] == 0)
    }
  }

  /// Activations are rounded to 1/32766 of their row's largest magnitude, sums are exact.
  @Test func int8ProductsAreNearThoseOfFloats() {
    var generator = Philox(seed: 7)
    let x = Tensor(normal: [3, 700], using: &generator)
    let weight = Tensor(normal: [50, 700], using: &generator)
    let matrix = EncodedMatrix(weight.elements, rows: 50, columns: 700, format: .int8)
    let weights = Tensor(matrix)
    let encoded = affine(x, weight: weights)
    let exact = matmul(x, weights.transposed([1, 0]))
    let largest = x.scalars.map(abs).max()!
    for row in 0..<3 {
      for column in 0..<50 {
        let magnitude = (0..<700).reduce(Float(0)) { $0 + abs(weights[column, $1]) }
        #expect(
          abs(encoded[row, column] - exact[row, column]) <= magnitude * largest / 32766 + 1e-4)
      }
    }
  }

  @Test func bf16ProductsAreThoseOfFloats() {
    var generator = Philox(seed: 8)
    for (m, n, k) in [(1, 70, 33), (3, 5, 300), (20, 64, 65)] {
      let x = Tensor(normal: [m, k], using: &generator)
      let weight = Tensor(normal: [n, k], using: &generator)
      let matrix = EncodedMatrix(weight.elements, rows: n, columns: k, format: .bfloat16)
      let floats = Tensor(Tensor(matrix).scalars, shape: [n, k])
      #expect(
        affine(x, weight: Tensor(matrix))
          .isApproximatelyEqual(to: affine(x, weight: floats), absoluteTolerance: 1e-4))
    }
  }

  @Test(arguments: [WeightFormat.int8, .bfloat16])
  func numbersComeBackFromPanels(_ format: WeightFormat) {
    var generator = TestGenerator(seed: 9)
    for (rows, columns) in [(1, 1), (33, 7), (64, 10), (5, 0), (0, 3)] {
      let bytes = (0..<rows * columns * format.bytesPerWeight).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let scales = format == .int8 ? generator.floats(rows, in: 0...1) : []
      let matrix = EncodedMatrix(
        rows: rows, columns: columns, format: format, bytes: bytes, scales: scales)
      #expect(matrix.numbers.bytes == bytes && matrix.numbers.scales == scales)
    }
  }

  /// Also where the rows begin or end within a panel.
  @Test(arguments: WeightFormat.allCases)
  func partsOfAMatrixGiveColumnsOfTheProduct(_ format: WeightFormat) throws {
    var generator = Philox(seed: 10)
    let x = Tensor(normal: [2, 30], using: &generator)
    let weight = Tensor(normal: [100, 30], using: &generator)
    let matrix = EncodedMatrix(weight.elements, rows: 100, columns: 30, format: format)
    let whole = affine(x, weight: Tensor(matrix))
    for range in [0..<40, 32..<100, 50..<75, 48..<96, 99..<100] {
      let part = try #require(
        PackedMatrix(transposeOf: matrix, rows: range, precision: .highest))
      var y = Tensor(zeros: [2, range.count])
      part.multiply(
        StridedMatrix(x.elements, rows: 2, columns: 30), into: y.writableElements(),
        stride: range.count)
      for row in 0..<2 {
        for (place, column) in range.enumerated() { #expect(y[row, place] == whole[row, column]) }
      }
    }
  }

  @Test func packedFloatsAreTheRowsAndGiveTheirProducts() {
    var generator = Philox(seed: 13)
    for (rows, columns) in [(1, 1), (3, 9), (33, 7), (100, 20), (48, 16), (95, 31)] {
      let weight = Tensor(normal: [rows, columns], using: &generator)
      let matrix = EncodedMatrix(weight.elements, rows: rows, columns: columns, format: .float32)
      #expect(Tensor(matrix) == weight && matrix.firstNonFinite == nil)
      for batch in [1, 3, 9] {
        let x = Tensor(normal: [batch, columns], using: &generator)
        #expect(affine(x, weight: Tensor(matrix)) == affine(x, weight: weight))
      }
    }
  }
}
