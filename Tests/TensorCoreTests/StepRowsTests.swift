import TensorCore
import Testing

/// The rows of samples of different lengths.
@Suite struct StepRowsTests {
  private static let rows = StepRows([4, 3, 3, 1], .packed)

  @Test func stepsHaveTheSamplesThatGoOn() {
    let rows = Self.rows
    #expect((-1...4).map { rows.samples(atStep: $0) } == [0, 4, 3, 3, 1, 0])
    #expect((0...4).map { rows.start(ofStep: $0) } == [0, 4, 7, 10, 11])
    #expect((rows.steps, rows.batch, rows.rowCount, rows.count) == (4, 4, 11, 11))
    let whole = StepRows([4, 3, 3, 1], .everyStep)
    #expect((0...4).map { whole.start(ofStep: $0) } == [0, 4, 8, 12, 16])
    #expect((whole.rowCount, whole.count) == (16, 11))
  }

  /// Steps with the same samples run together; where values of the next step are read, samples at their end run apart.
  @Test func runsHaveRowsOfOneOrigin() {
    func runs(
      _ samples: Range<Int>, in steps: Range<Int> = 0..<4, isReversed: Bool,
      cutsEnds: Bool? = nil
    ) -> [[Int]] {
      Self.rows.runs(
        of: samples, in: steps, isReversed: isReversed, cutsEnds: cutsEnds ?? isReversed
      ).map {
        [$0.step, $0.samples.lowerBound, $0.samples.upperBound, $0.times]
      }
    }
    #expect(
      runs(0..<4, isReversed: false) == [[0, 0, 4, 1], [1, 0, 3, 2], [3, 0, 1, 1]])
    #expect(
      runs(0..<4, isReversed: true)
        == [[3, 0, 1, 2], [2, 1, 3, 1], [1, 0, 3, 2], [0, 3, 4, 1]])
    #expect(
      runs(0..<4, isReversed: false, cutsEnds: true)
        == [
          [0, 0, 3, 1], [0, 3, 4, 1], [1, 0, 3, 1], [2, 0, 1, 1], [2, 1, 3, 1], [3, 0, 1, 1],
        ])
    #expect(runs(2..<4, isReversed: false) == [[0, 2, 4, 1], [1, 2, 3, 2]])
    #expect(runs(2..<4, isReversed: true) == [[2, 2, 3, 3], [0, 3, 4, 1]])
    #expect(runs(0..<4, in: 0..<2, isReversed: false) == [[0, 0, 4, 1], [1, 0, 3, 1]])
    #expect(runs(0..<4, in: 2..<4, isReversed: true) == [[3, 0, 1, 2], [2, 1, 3, 1]])
  }

  /// Every step of every sample is in one share, and shares are like.
  @Test(arguments: [1, 2, 3, 5]) func sharesAreLike(_ parts: Int) {
    let lengths = (0..<64).map { 5 + $0 * 37 % 196 }.sorted(by: >)
    let rows = StepRows(lengths, .packed)
    for shares in [
      (0..<parts).map { rows.samples($0, of: parts, in: 0..<rows.steps) },
      (0..<parts).map { rows.steps($0, of: parts, in: 0..<rows.steps) },
    ] {
      #expect(shares.first?.lowerBound == 0)
      for (one, next) in zip(shares, shares.dropFirst()) {
        #expect(one.upperBound == next.lowerBound)
      }
    }
    #expect(rows.samples(parts - 1, of: parts, in: 0..<rows.steps).upperBound == 64)
    #expect(rows.steps(parts - 1, of: parts, in: 0..<rows.steps).upperBound == rows.steps)
    let shares = (0..<parts).map { rows.steps($0, of: parts, in: 40..<90) }
    #expect(shares.map(\.lowerBound) == [40] + shares.dropLast().map(\.upperBound))
    #expect(shares.last?.upperBound == 90)
    let ended = StepRows([9, 9, 9, 9, 2, 2], .packed)
    #expect((0..<2).map { ended.samples($0, of: 2, in: 4..<9) } == [0..<2, 2..<6])
    for part in 0..<parts {
      let sum = lengths[rows.samples(part, of: parts, in: 0..<rows.steps)].reduce(0, +)
      #expect(abs(sum - rows.count / parts) <= 200)
    }
  }

  @Test func rangesHaveEnoughRows() {
    #expect(Self.rows.ranges(of: 0..<4, rows: 4) == [0..<1, 1..<3, 3..<4])
    #expect(Self.rows.ranges(of: 1..<4, rows: 100) == [1..<4])
  }

  /// Packing reads no padding, and unpacking writes none.
  @Test func rowsArePackedAndUnpacked() {
    // Samples of 2, 3 and 1 steps, time first, of which the second comes first.
    let x = Tensor([1, 10, 100, 2, 20, .nan, .nan, 30, .nan], shape: [3, 3, 1])
    let rows = StepRows([3, 2, 1], .packed)
    let packed = Tensor(zeros: [6, 1])
    packRows(
      x.elements, timeStride: 3, sampleStride: 1, width: 1, rows, samples: [1, 0, 2],
      into: packed.elements)
    #expect(packed.scalars == [10, 1, 100, 20, 2, 30])
    let back = Tensor(zeros: [3, 3, 1])
    unpackRows(
      packed.elements, width: 1, rows, samples: [1, 0, 2], into: back.elements, timeStride: 3,
      sampleStride: 1)
    #expect(back.scalars == [1, 10, 100, 2, 20, 0, 0, 30, 0])
  }
}
