import Cells
import Datasets
import Foundation
import Models
import TensorCore
import Testing

/// Distributions against SciPy's numbers and sums; losses of heads against differences.
@Suite struct ForecastHeadTests {
  /// A distribution, a number, and what SciPy 1.17 says: logpdf or logpmf, cdf, the integral of CRPS's definition, ppf(0.9).
  private struct Known: Sendable {
    var distribution: PredictiveDistribution
    var y, logDensity, cumulative, score, quantile: Double

    init(
      _ distribution: PredictiveDistribution, _ y: Double, _ logDensity: Double,
      _ cumulative: Double, _ score: Double, _ quantile: Double
    ) {
      self.distribution = distribution
      (self.y, self.logDensity, self.cumulative) = (y, logDensity, cumulative)
      (self.score, self.quantile) = (score, quantile)
    }
  }

  private static let known: [Known] = [
    .init(
      .gaussian(mean: 0, deviation: 1), 0.3, -0.963938533205, 0.617911422189, 0.2693329007,
      1.28155156554),
    .init(
      .gaussian(mean: -1.5, deviation: 0.25), -2, -1.53264417208, 0.0227501319482, 0.3631979554,
      -1.17961210861),
    .init(
      .student(location: 0, scale: 1, freedom: 3), -2, -2.6954845704, 0.0696629842794, 1.366922344,
      1.6377443537),
    .init(
      .student(location: 2, scale: 0.5, freedom: 2.1), 0.3, -3.24356799646, 0.0358091067433,
      1.291489135, 2.92334776389),
    .init(
      .student(location: 1, scale: 2, freedom: 30), 0.3, -1.68358030281, 0.364392036429,
      0.5704174158, 3.62083005078),
    .init(
      .negativeBinomial(mean: 3, dispersion: 0.5), 0, -1.83258146375, 0.16, 1.564453125, 7),
    .init(
      .negativeBinomial(mean: 3, dispersion: 0.5), 7, -3.32891928843, 0.929456128, 2.967560965, 7),
    .init(
      .negativeBinomial(mean: 40, dispersion: 1.5), 7, -3.82381021682, 0.269470098494, 11.92951368,
      102),
    .init(
      .negativeBinomial(mean: 0.2, dispersion: 0.01), 7, -19.7994214872, 0.999999999931,
      6.633112322, 1),
    .init(
      .negativeBinomial(mean: 200_000, dispersion: 0.3), 150_000, -12.3858852209, 0.376934498494,
      27958.83031, 346_891),
  ]

  /// Ten digits of SciPy's; of its integrals eight.
  @Test(arguments: known.indices) func distributionsAreSciPys(_ index: Int) {
    let known = Self.known[index]
    func expect(_ found: Double, _ expected: Double, within share: Double, _ what: String) {
      #expect(
        abs(found - expected) <= share * max(1, abs(expected)),
        "\(known.distribution) at \(known.y): \(what) \(found), expected \(expected)")
    }
    let distribution = known.distribution
    expect(distribution.logDensity(at: known.y), known.logDensity, within: 1e-9, "log density")
    expect(distribution.cumulative(known.y), known.cumulative, within: 1e-10, "cumulative")
    expect(distribution.quantile(0.9), known.quantile, within: 1e-9, "quantile")
    // Counts by the hundred thousand are summed in strides.
    let share = distribution.mean > 1e5 ? 1e-3 : 1e-8
    expect(distribution.rankedProbabilityScore(known.y), known.score, within: share, "CRPS")
  }

  @Test func nothingFiniteHangsOrIsOutOfRange() {
    for distribution: PredictiveDistribution in [
      .negativeBinomial(mean: 1e12, dispersion: 3),
      .negativeBinomial(mean: 1e15, dispersion: 1e-5),
      .negativeBinomial(mean: 1e-6, dispersion: 1e-5),
      .student(location: 1e30, scale: 1e-3, freedom: 2), .gaussian(mean: 0, deviation: 1e-3),
    ] {
      let share = distribution.cumulative(distribution.mean)
      #expect((0...1).contains(share), "\(distribution)")
      #expect(distribution.quantile(0.1) <= distribution.quantile(0.9), "\(distribution)")
      #expect(!(distribution.rankedProbabilityScore(3) < 0), "\(distribution)")
    }
  }

  /// A distribution of counts, a count, and what mpmath 1.3 says with 40 digits: the cumulative share as the incomplete beta
  /// function or as the integral of its density, and the logarithm of the probability.
  private static let huge: [(PredictiveDistribution, Double, Double, Double)] = [
    (.negativeBinomial(mean: 1e10, dispersion: 0.3), 7e9, 0.3350012463489373, -23.19997140930969),
    (
      .negativeBinomial(mean: 1e12, dispersion: 1e-5), 1_002_000_000_000, 0.7366619997458031,
      -22.99522951527863
    ),
    (.negativeBinomial(mean: 10, dispersion: 1e-9), 8, 0.3328196798767092, -2.183922160792885),
    (.negativeBinomial(mean: 3, dispersion: 1e-15), 4, 0.8152632445237718, -1.783604675675508),
    (
      .negativeBinomial(mean: 1e9, dispersion: 1e-9), 1_000_030_000, 0.7488380432740375,
      -11.85216416686067
    ),
    (
      .negativeBinomial(mean: 5e8, dispersion: 1.7e-8), 499_900_000, 0.07339085395679237,
      -13.11221883229681
    ),
    (
      .negativeBinomial(mean: 1e12, dispersion: 1e-12), 999_999_000_000, 0.2397502258652801,
      -15.3310220564488
    ),
    (.negativeBinomial(mean: 1e15, dispersion: 1e-14), 1e15, 0.5000000152150616, -19.3872743670592),
  ]

  /// Within the rounding of the parameters, which changes a share by 1e-16 times the root of the smaller one.
  @Test(arguments: huge.indices) func hugeCountsAreExact(_ index: Int) {
    let (counts, y, share, logProbability) = Self.huge[index]
    guard case .negativeBinomial(let mean, let dispersion) = counts else { return }
    let rounding = 1e-13 + 1e-16 * min(mean, 1 / dispersion).squareRoot()
    let (cumulative, logDensity) = (counts.cumulative(y), counts.logDensity(at: y))
    #expect(abs(cumulative - share) < rounding, "\(counts) at \(y): \(cumulative)")
    #expect(abs(logDensity - logProbability) < 20 * rounding, "\(counts) at \(y): \(logDensity)")
  }

  private func reader(_ head: OutputHead, _ columns: [Column]) throws -> SequenceReader {
    var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    model.hiddenSize = 3
    model.head = head
    let kind = ValueKind.features(columns)
    let interface = SequenceInterface(input: kind, target: kind)
    try model.validate(for: interface)
    return SequenceReader(model, interface)
  }

  /// Of such numbers, neither the share below the mean nor that above it looks like the smaller one.
  @Test(arguments: [
    (7_166_436_780_894_492, 0.5616533835442654, 12_873_060_876_967_104),
    (750.726142354842, 3.362635804080383e-17, 750), (1e15, .infinity, 1e15),
    (1e15, 1e-300, 1e14), (1e-300, 1e-300, 1), (1e300, 1e-300, 1e300), (1e300, 1e300, 1e300),
  ])
  func aCumulativeShareHasAnEnd(_ mean: Double, _ dispersion: Double, _ count: Double) {
    let counts = PredictiveDistribution.negativeBinomial(mean: mean, dispersion: dispersion)
    let share = counts.cumulative(count)
    #expect(share.isNaN || 0...1 ~= share, "\(share)")
  }

  @Test(arguments: ["quantiles:0.1,0.5,0.9", "gaussian", "student", "negative-binomial"])
  func lossesHaveExactGradients(_ name: String) throws {
    let head = try #require(OutputHead(name))
    #expect(head.description == name)
    let columns = [Column("a", offset: 5, scale: 2), Column("b")]
    guard case .numbers(let numbers) = try reader(head, columns).reading else {
      Issue.record("\(name) has no numbers")
      return
    }
    var generator = Philox(seed: 3)
    let parameters = name == "student" || name.hasPrefix("quantiles") ? 3 : 2
    let outputs = Tensor(normal: [4, 1, 2 * parameters], using: &generator)
    // Counts of the first column: 3, 5, 9; a number that is missing.
    let targets: [Float] = [-1, 2, 0, 0, 2, .nan, 0.5, 1]
    let gradient = valueAndGradient(of: [outputs]) { numbers.loss($0[0], targets) }.gradients[0]
    let scalars = outputs.scalars
    for index in scalars.indices {
      var (up, down) = (scalars, scalars)
      up[index] += 4e-3
      down[index] -= 4e-3
      let slope =
        (numbers.loss(Tensor(up, shape: outputs.shape), targets).scalar
          - numbers.loss(Tensor(down, shape: outputs.shape), targets).scalar) / 8e-3
      // Differences of single precision.
      #expect(abs(slope - gradient.scalars[index]) <= 1e-3, "output \(index)")
    }
    #expect(numbers.loss(outputs, [Float](repeating: .nan, count: 8)).scalar == 0)
    let points = numbers.points(outputs)
    #expect(points.shape == [4, 1, 2] && points.scalars.allSatisfy(\.isFinite))
  }

  @Test(arguments: [
    "quantiles", "quantiles:", "quantiles:0.1,x", "crf:2", "normal", "",
  ])
  func otherTextsAreNoHead(_ text: String) { #expect(OutputHead(text) == nil) }

  @Test(arguments: [
    "quantiles:0.9,0.1", "quantiles:0", "quantiles:0.5,1", "quantiles:nan", "crf",
  ])
  func headsThatDoNotFitAreRefused(_ text: String) throws {
    let head = try #require(OutputHead(text))
    #expect(throws: InvalidSetting.self) { try reader(head, [Column("a")]) }
  }
}
