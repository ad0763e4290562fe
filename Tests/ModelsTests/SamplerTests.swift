import Models
import TensorCore
import Testing

@Suite struct SamplerTests {
  private static let logits: [Float] = [0.5, 2, -1, 2, 0, 1]

  private func draws(_ sampler: Sampler, _ count: Int = 20_000) -> [Double] {
    var generator = Philox(seed: 1)
    var counts = [Double](repeating: 0, count: Self.logits.count)
    for _ in 0..<count {
      counts[Int(sampler.token(from: Self.logits, using: &generator))] += 1
    }
    return counts.map { $0 / Double(count) }
  }

  private func softmax(_ temperature: Float) -> [Double] {
    softmax_(Self.logits.map { Double($0 / temperature) })
  }

  private func softmax_(_ x: [Double]) -> [Double] {
    let scalars = TensorCore.softmax(Tensor(x.map(Float.init))).scalars
    return scalars.map(Double.init)
  }

  @Test func greedyTakesTheFirstOfTheLikeliest() {
    var generator = Philox(seed: 1)
    #expect(Sampler.greedy.token(from: Self.logits, using: &generator) == 1)
  }

  /// Twenty thousand samples: three standard deviations of a share are at most 0.011.
  @Test(arguments: [Float(0.5), 1, 2]) func drawsFollowTheDistribution(_ temperature: Float) {
    let found = draws(Sampler(temperature: Double(temperature)))
    for (a, b) in zip(found, softmax(temperature)) { #expect(abs(a - b) < 0.011) }
  }

  @Test func topKKeepsTheLikeliest() {
    let found = draws(Sampler(topK: 3))
    #expect(found[0] == 0 && found[2] == 0 && found[4] == 0)
    #expect(abs(found[1] - found[3]) < 0.022 && found[5] > 0.1)
  }

  @Test func topPKeepsTheFewestThatReachIt() {
    // The two likeliest have 0.36 each, the third 0.13.
    #expect(draws(Sampler(topP: 0.3), 500).filter { $0 > 0 }.count == 1)
    #expect(draws(Sampler(topP: 0.6), 500).filter { $0 > 0 }.count == 2)
    #expect(draws(Sampler(topP: 0.8), 2000).filter { $0 > 0 }.count == 3)
    #expect(draws(Sampler(topP: 1)).filter { $0 > 0 }.count == 6)
  }

  @Test func excludedAndNonFiniteTokensAreNeverDrawn() {
    var generator = Philox(seed: 2)
    let logits: [Float] = [.nan, 9, .infinity, -.infinity, 0]
    for _ in 0..<100 {
      #expect(Sampler().token(from: logits, excluding: 1, using: &generator) == 4)
    }
  }

  @Test(arguments: [
    Sampler(temperature: -1), Sampler(temperature: .nan), Sampler(temperature: .infinity),
    Sampler(topK: 0), Sampler(topK: -5), Sampler(topP: 0), Sampler(topP: 1.5), Sampler(topP: .nan),
  ])
  func nonsenseIsRefused(_ sampler: Sampler) {
    #expect(throws: InvalidSetting.self) { try sampler.validate() }
  }
}
