import Foundation
import TensorCore
import Testing

/// The known answers that Random123 is published with.
@Test func cipherGivesThePublishedAnswers() {
  #expect(
    Philox.cipher([0, 0, 0, 0], key: [0, 0])
      == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
  let ones = UInt32.max
  #expect(
    Philox.cipher([ones, ones, ones, ones], key: [ones, ones])
      == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
  #expect(
    Philox.cipher(
      [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0])
      == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
}

@Test func generatorReturnsTheCiphersWordsInOrder() {
  var generator = Philox(seed: 0)
  #expect(generator.next() == 0xe169_c58d_6627_e8d5)
  #expect(generator.next() == 0x9b00_dbd8_bc57_ac4c)
  #expect(generator.position == 2)
}

@Test func generatorContinuesWhereItWasSaved() throws {
  for drawn in 0..<4 {
    var generator = Philox(seed: 3, stream: 9)
    for _ in 0..<drawn { _ = generator.next() }
    var restored = try JSONDecoder().decode(Philox.self, from: JSONEncoder().encode(generator))
    #expect(restored == generator)
    var skipped = Philox(seed: 3, stream: 9)
    skipped.skip(to: UInt64(drawn))
    for _ in 0..<5 {
      let next = generator.next()
      #expect(restored.next() == next)
      #expect(skipped.next() == next)
    }
  }
}

@Test func streamsDiffer() {
  var generators = [Philox(seed: 1), Philox(seed: 2), Philox(seed: 1, stream: 1)]
  let numbers = Set(
    generators.indices.flatMap { index in (0..<100).map { _ in generators[index].next() } })
  #expect(numbers.count == 300)
}

/// Within eight standard errors of the moments of the distribution.
@Test func uniformNumbersAreEvenlyDistributed() {
  var generator = Philox(seed: 4)
  let x = Tensor(uniform: [10_001], from: -1, to: 3, using: &generator)
  #expect(x.min().scalar >= -1 && x.max().scalar < 3)
  #expect((x.mean().scalar - 1).magnitude < 8 * 0.0116)
  #expect((x.variance().scalar - 16 / 12).magnitude < 8 * 0.012)
}

@Test func normalNumbersHaveTheMomentsOfTheNormalDistribution() {
  var generator = Philox(seed: 5)
  let x = Tensor(normal: [10_000], mean: 2, standardDeviation: 3, using: &generator)
  let standard = (x - 2) / 3
  #expect(standard.mean().scalar.magnitude < 8 * 0.01)
  #expect((standard.variance().scalar - 1).magnitude < 8 * 0.0142)
  #expect((power(standard, 4).mean().scalar - 3).magnitude < 8 * 0.098)
}

@Test func quantileInvertsTheDistribution() {
  for p in [1e-15, 1e-9, 1e-4, 0.02, 0.075, 0.0750001, 0.3, 0.5] {
    let x = normalQuantile(p)
    // The distribution function's own rounding, magnified in the tail.
    #expect((erfc(-x / 2.0.squareRoot()) / 2 - p).magnitude <= 1e-13 * p)
    #expect(normalQuantile(1 - p).isApproximately(-x, 1e-15 / p))
  }
  #expect(normalQuantile(0.975).isApproximately(1.959963984540054, 1e-15))
}

/// Computed in Python from the cipher's words with `statistics.NormalDist().inv_cdf`.
@Test func numbersAreTheSameOnEveryPlatform() {
  var generator = Philox(seed: 2024)
  let normal = Tensor(normal: [4], using: &generator)
  let uniform = Tensor(uniform: [3], using: &generator)
  #expect(
    normal.scalars.map(\.bitPattern) == [
      3_206_413_941, 3_216_035_295, 3_190_112_934, 3_183_046_494,
    ])
  #expect(uniform.scalars.map(\.bitPattern) == [1_028_253_024, 1_058_227_406, 1_033_192_648])
}

@Test func initialWeightsStayWithinTheirBounds() {
  var generator = Philox(seed: 6)
  let linear = Tensor(fanInUniform: [50, 64], fanIn: 64, using: &generator)
  #expect(abs(linear).max().scalar <= 0.125 && abs(linear).max().scalar > 0.124)
  let xavier = Tensor(xavierUniform: [50, 100], using: &generator)
  #expect(abs(xavier).max().scalar <= 0.2 && abs(xavier).max().scalar > 0.199)
}

@Test(arguments: [[5, 5], [3, 7], [7, 3]])
func orthogonalMatrixPreservesLengths(_ shape: [Int]) {
  var generator = Philox(seed: 7)
  let matrix = Tensor(orthogonal: shape, gain: 2, using: &generator)
  let isWide = shape[0] <= shape[1]
  let product =
    isWide ? matmul(matrix, matrix.transposed()) : matmul(matrix.transposed(), matrix)
  let n = shape.min() ?? 0
  let identity = Tensor(oneHot: (0..<Int32(n)).map { $0 }, classes: n)
  // Float32 rounding of the entries.
  #expect(
    (product - 4 * identity).isApproximatelyEqual(
      to: Tensor(zeros: [n, n]), absoluteTolerance: 2e-6))
}

extension Double {
  fileprivate func isApproximately(_ other: Double, _ tolerance: Double) -> Bool {
    (self - other).magnitude <= tolerance * max(1, other.magnitude)
  }
}
