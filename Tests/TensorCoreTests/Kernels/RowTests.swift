import CTensorKernels
import Testing

/// A matrix whose rows stand apart, with its sizes.
private struct Matrix {
  var rows: Int, width: Int, stride: Int
  var values: [Float]

  init(_ generator: inout TestGenerator, rows: Int, width: Int) {
    (self.rows, self.width, stride) = (rows, width, width + generator.size(0...3))
    values = generator.floats((rows - 1) * stride + width)
  }

  static let sizes = (1...70).map { ($0 * 13 % 9 + 1, $0) } + [(70, 3), (300, 65), (3, 1000)]
}

@Suite struct RowTests {
  /// A sum of n numbers of at most 1: every addition rounds at most n * ulp / 2.
  private static func sumTolerance(_ count: Int) -> Float {
    Float(count) * Float(count) * Float.ulpOfOne / 2
  }

  @Test(arguments: Kernels.all)
  func rowSumsAndMaximaMatchTheirTwins(kernels: Kernels) {
    var generator = TestGenerator(seed: 10)
    for (rows, width) in Matrix.sizes {
      let x = Matrix(&generator, rows: rows, width: width)
      var found = [Float](repeating: 0, count: 2 * rows)
      var expected = found
      kernels.table.row_sum(x.values, x.stride, rows, width, &found, 2)
      ctk_row_sum_reference(x.values, x.stride, rows, width, &expected, 2)
      expectClose(
        found, expected, within: { _ in Self.sumTolerance(width) }, "sums of [\(rows), \(width)]")
      kernels.table.row_maximum(x.values, x.stride, rows, width, &found, 2)
      ctk_row_maximum_reference(x.values, x.stride, rows, width, &expected, 2)
      expectSame(found, expected, "maxima of [\(rows), \(width)]")
    }
  }

  @Test(arguments: Kernels.all)
  func productsOfRowsMatchTheirTwins(kernels: Kernels) {
    var generator = TestGenerator(seed: 17)
    for (rows, width) in Matrix.sizes {
      let a = Matrix(&generator, rows: rows, width: width)
      let b = Matrix(&generator, rows: rows, width: width)
      let vector = generator.floats(width)
      for stride in [0, b.stride] {
        let other = stride == 0 ? vector : b.values
        var (found, expected) = (a.values, a.values)
        kernels.table.row_products(a.values, a.stride, other, stride, rows, width, &found)
        ctk_row_products_reference(a.values, a.stride, other, stride, rows, width, &expected)
        expectClose(
          found, expected, within: { _ in Self.sumTolerance(width) }, "[\(rows), \(width)]")
      }
      let weights = generator.floats(rows)
      var (found, expected) = (vector, vector)
      // The sum goes on from any row with the same bits.
      let first = rows / 2
      kernels.table.weighted_rows(weights, a.values, a.stride, first, width, false, &found)
      kernels.table.weighted_rows(
        Array(weights[first...]), Array(a.values[(first * a.stride)...]), a.stride, rows - first,
        width, true, &found)
      let pieces = found
      kernels.table.weighted_rows(weights, a.values, a.stride, rows, width, false, &found)
      expectSame(found, pieces, "weighted [\(rows), \(width)]")
      ctk_weighted_rows_reference(weights, a.values, a.stride, rows, width, &expected)
      expectClose(
        found, expected, within: { _ in Self.sumTolerance(rows) }, "weighted [\(rows), \(width)]")
    }
  }

  /// What an update of a matrix reads.
  private struct UpdateOperands {
    let x: Matrix
    let scale, left, right: [Float]

    init(_ generator: inout TestGenerator, rows: Int, width: Int) {
      x = Matrix(&generator, rows: rows, width: width)
      scale = generator.floats(rows)
      left = generator.floats(rows)
      right = generator.floats(width)
    }

    /// An update with those operands whose bits are set in its form: x, scale, left, right.
    func withUpdate(_ form: Int, stride: Int, _ body: (inout ctk_matrix_update) -> Void) {
      x.values.withUnsafeBufferPointer { x0 in
        scale.withUnsafeBufferPointer { scale in
          left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
              var update = ctk_matrix_update(
                x: form & 1 != 0 ? x0.baseAddress : nil, x_stride: x.stride,
                scale: form & 2 != 0 ? scale.baseAddress : nil,
                left: form & 4 != 0 ? left.baseAddress : nil, scale_stride: stride,
                left_stride: stride, right: form & 8 != 0 ? right.baseAddress : nil,
                weights: nil, sums: nil, adds: false, is_exponential: false)
              body(&update)
            }
          }
        }
      }
    }
  }

  /// Every form of an update: scaled or not, with an outer product, a row, a column, or those alone.
  @Test(arguments: Kernels.all)
  func updatesOfMatricesMatchTheirTwinsToTheBit(kernels: Kernels) {
    var generator = TestGenerator(seed: 19)
    for (rows, width) in Matrix.sizes {
      let operands = UpdateOperands(&generator, rows: rows, width: width)
      let forms = [0b0011, 0b1111, 0b1101, 0b1001, 0b1100, 0b0010, 0b0100, 0b1000]
      for (form, stride) in forms.flatMap({ [($0, 0), ($0, 1)] }) {
        let x = operands.x
        var (found, expected) = (x.values, x.values)
        operands.withUpdate(form, stride: stride) { update in
          kernels.table.matrix_update(&update, rows, width, &found, x.stride)
          ctk_matrix_update_reference(&update, rows, width, &expected, x.stride)
        }
        #expect(
          found.map(\.bitPattern) == expected.map(\.bitPattern), "form \(form), [\(rows), \(width)]"
        )
      }
    }
  }

  /// The exponential of a scaled matrix has the bits of the exponential of its product.
  @Test(arguments: Kernels.all)
  func exponentialsOfScaledMatrices(kernels: Kernels) {
    var generator = TestGenerator(seed: 21)
    for (rows, width) in Matrix.sizes {
      let operands = UpdateOperands(&generator, rows: rows, width: width)
      let x = operands.x
      for stride in [0, 1] {
        var (found, expected, twin) = (x.values, x.values, x.values)
        operands.withUpdate(0b0011, stride: stride) { update in
          kernels.table.matrix_update(&update, rows, width, &expected, x.stride)
          update.is_exponential = true
          kernels.table.matrix_update(&update, rows, width, &found, x.stride)
          ctk_matrix_update_reference(&update, rows, width, &twin, x.stride)
        }
        for row in 0..<rows {
          let columns = row * x.stride..<row * x.stride + width
          let powers = kernels.map(CTK_EXP, Array(expected[columns]))
          #expect(found[columns].map(\.bitPattern) == powers.map(\.bitPattern))
          for (a, b) in zip(powers, twin[columns]) { #expect(abs(a - b) <= 2e-7 * b) }
        }
      }
    }
  }

  /// The sum that an update takes along is the one over its rows, and the update the same.
  @Test(arguments: Kernels.all)
  func updatesAddUpTheirRowsAsWeightedRowsDo(kernels: Kernels) {
    var generator = TestGenerator(seed: 20)
    for (rows, width) in Matrix.sizes {
      let operands = UpdateOperands(&generator, rows: rows, width: width)
      let (x, weights, old) = (operands.x, generator.floats(rows), generator.floats(width))
      for (form, adds) in [0b0011, 0b1111, 0b1101, 0b1001, 0b1100].flatMap({
        [($0, false), ($0, true)]
      }) {
        var (found, expected, sums, expectedSums) = (x.values, x.values, old, old)
        operands.withUpdate(form, stride: 1) { update in
          update.adds = adds
          weights.withUnsafeBufferPointer { weights in
            sums.withUnsafeMutableBufferPointer { sums in
              update.sums = sums.baseAddress
              kernels.table.matrix_update(&update, rows, width, &expected, x.stride)
              update.weights = weights.baseAddress
              kernels.table.matrix_update(&update, rows, width, &found, x.stride)
            }
          }
        }
        kernels.table.weighted_rows(weights, expected, x.stride, rows, width, adds, &expectedSums)
        #expect(found.map(\.bitPattern) == expected.map(\.bitPattern), "form \(form)")
        #expect(
          sums.map(\.bitPattern) == expectedSums.map(\.bitPattern),
          "form \(form), [\(rows), \(width)]")
      }
    }
  }

  @Test(arguments: Kernels.all)
  func maximumOfARowWithNaNIsNaN(kernels: Kernels) {
    for width in 1...40 {
      for place in 0..<width {
        var row = [Float](repeating: 1, count: width)
        row[place] = .nan
        var found: Float = 0
        kernels.table.row_maximum(row, width, 1, width, &found, 1)
        #expect(found.isNaN, "NaN at \(place) of \(width)")
      }
    }
  }

  @Test(arguments: Kernels.all)
  func emptyRowsHaveTheNeutralElements(kernels: Kernels) {
    var (sum, maximum): (Float, Float) = (1, 1)
    kernels.table.row_sum([], 0, 1, 0, &sum, 1)
    kernels.table.row_maximum([], 0, 1, 0, &maximum, 1)
    #expect(sum == 0 && maximum == -.infinity)
  }

  @Test(arguments: Kernels.all, [false, true])
  func cumulativeSumsMatchTheirTwin(kernels: Kernels, reversed: Bool) {
    var generator = TestGenerator(seed: 11)
    for (rows, width) in Matrix.sizes {
      let x = Matrix(&generator, rows: rows, width: width)
      var (found, expected) = (x.values, x.values)
      found.withUnsafeMutableBufferPointer { y in
        kernels.table.row_cumulative_sum(
          y.baseAddress, x.stride, rows, width, reversed, y.baseAddress, x.stride)
      }
      ctk_row_cumulative_sum_reference(
        x.values, x.stride, rows, width, reversed, &expected, x.stride)
      expectClose(
        found, expected, within: { _ in Self.sumTolerance(width) }, "[\(rows), \(width)], in place")
    }
  }

  @Test(arguments: Kernels.all, [false, true])
  func columnSumsMatchTheirTwin(kernels: Kernels, accumulates: Bool) {
    var generator = TestGenerator(seed: 12)
    for (rows, width) in Matrix.sizes {
      let x = Matrix(&generator, rows: rows, width: width)
      var found = generator.floats(width)
      var expected = found
      kernels.table.column_sum(x.values, x.stride, rows, width, accumulates, &found)
      ctk_column_sum_reference(x.values, x.stride, rows, width, accumulates, &expected)
      expectClose(
        found, expected, within: { _ in Self.sumTolerance(rows + 1) }, "[\(rows), \(width)]")
    }
  }

  @Test(arguments: Kernels.all)
  func columnSumDependsOnItsColumnAlone(kernels: Kernels) {
    var generator = TestGenerator(seed: 13)
    for (rows, width) in [(200, 90), (203, 1650), (3, 520)] {
      let x = generator.floats(rows * width)
      let old = generator.floats(width)
      for accumulates in [false, true] {
        var together = old
        kernels.table.column_sum(x, width, rows, width, accumulates, &together)
        let alone = (0..<width).map { column in
          var sum = old[column]
          let numbers = (0..<rows).map { x[$0 * width + column] }
          kernels.table.column_sum(numbers, 1, rows, 1, accumulates, &sum)
          return sum
        }
        expectSame(together, alone, "columns of [\(rows), \(width)]")
      }
    }
  }

  /// In double precision the order of a sum of some thousand floats hardly matters.
  @Test(arguments: Kernels.all)
  func sumsInDoublePrecision(kernels: Kernels) {
    var generator = TestGenerator(seed: 14)
    for count in Array(0...70) + [1000, 12345] {
      let x = generator.floats(count)
      let bound = 1e-12 * Double(count + 1)
      #expect(abs(kernels.table.sum(x, count) - ctk_sum_reference(x, count)) <= bound)
      let squares = ctk_sum_of_squares_reference(x, count)
      #expect(abs(kernels.table.sum_of_squares(x, count) - squares) <= bound)
    }
  }

  @Test(arguments: Kernels.all)
  func copiesBlocksAndLeavesTheRest(kernels: Kernels) {
    var generator = TestGenerator(seed: 15)
    for (rows, width) in Matrix.sizes {
      let x = Matrix(&generator, rows: rows, width: width)
      var found = generator.floats(rows * (width + 2))
      var expected = found
      kernels.table.copy_rows(x.values, x.stride, rows, width, &found, width + 2)
      ctk_copy_rows_reference(x.values, x.stride, rows, width, &expected, width + 2)
      expectSame(found, expected, "[\(rows), \(width)]")
    }
  }

  @Test(arguments: Kernels.all)
  func addsBlocksAndLeavesTheRest(kernels: Kernels) {
    var generator = TestGenerator(seed: 18)
    for (rows, width) in Matrix.sizes {
      let x = Matrix(&generator, rows: rows, width: width)
      var found = generator.floats(rows * (width + 2))
      var expected = found
      kernels.table.add_rows(x.values, x.stride, rows, width, &found, width + 2)
      ctk_add_rows_reference(x.values, x.stride, rows, width, &expected, width + 2)
      expectSame(found, expected, "[\(rows), \(width)]")
    }
  }

  /// The rows of a block follow each other, in memory that the copy overlaps.
  @Test(arguments: Kernels.all)
  func copiesOfARowMayOverlapIt(kernels: Kernels) {
    var generator = TestGenerator(seed: 20)
    for width in 1...40 {
      var values = generator.floats(width + 3)
      let expected = Array(values[3...])
      values.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        kernels.table.copy_rows(base + 3, width, 1, width, base, width)
      }
      expectSame(Array(values[..<width]), expected, "\(width)")
    }
  }

  @Test(arguments: Kernels.all)
  func transposesLikeItsTwin(kernels: Kernels) {
    var generator = TestGenerator(seed: 16)
    for (rows, width) in Matrix.sizes {
      let x = generator.floats(rows * width)
      var (found, expected) = (x, x)
      kernels.table.transpose(x, rows, width, &found)
      ctk_transpose_reference(x, rows, width, &expected)
      expectSame(found, expected, "[\(rows), \(width)]")
    }
  }
}
