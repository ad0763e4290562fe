import Cells
import Datasets
import Foundation
import Models
import TensorCore
import Testing
import Training

/// Models learn the distribution of their data, whose bounds hold what they promise; losses of parts make that of the whole.
@Suite struct OutputHeadTests {
  /// Numbers of a distribution, from an input that says nothing.
  private func samples(
    _ count: Int, _ column: Column, _ number: (inout Philox) -> Double
  ) -> TaskSamples {
    var generator = Philox(seed: 5)
    func some(_ count: Int) -> ArraySamples {
      ArraySamples(
        (0..<count).map { _ in
          Sample(.vector([1]), .vector([column.scaled(number(&generator))]))
        })
    }
    return TaskSamples(
      input: .vector([Column("x")]), target: .vector([column]), training: some(count),
      validation: some(count))
  }

  private func trained(
    _ samples: TaskSamples, _ head: String, steps: Int = 250
  ) throws -> Evaluation {
    var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    model.hiddenSize = 4
    model.head = try #require(OutputHead(head))
    var configuration = SequenceTask.Configuration(dataset: "numbers", model: model)
    configuration.batchSize = 200
    var settings = TrainingSettings()
    (settings.epochs, settings.steps, settings.evaluateEvery) = (1000, steps, steps)
    settings.learningRate = 0.02
    let task = try SequenceTask(configuration, samples: samples)
    var trainer = try Trainer(task, settings)
    try trainer.run { _ in }
    return try #require(try task.evaluate(trainer.model))
  }

  /// The coverage of 1,000 numbers varies by 0.013; training adds as much.
  private static let coverageTolerance = 0.05

  @Test(arguments: ["quantiles:0.1,0.5,0.9", "gaussian", "student"])
  func boundsHoldTheirShareOfNormalNumbers(_ head: String) throws {
    let samples = samples(1000, Column("y", offset: 10, scale: 4)) { 10 + 4 * $0.gauss() }
    let found = try trained(samples, head)
    let coverage = try #require(found["coverage of 0.8"])
    #expect(abs(coverage - 0.8) <= Self.coverageTolerance, "\(coverage)")
    guard !head.hasPrefix("quantiles") else {
      #expect(found["CRPS"] == nil)
      return
    }
    // σ / √π of the true distribution.
    let score = try #require(found["CRPS"])
    #expect(abs(score / (4 / Double.pi.squareRoot()) - 1) <= 0.08, "\(score)")
  }

  /// What all numbers alike give: the loss, coverage and CRPS of their true distribution.
  @Test(arguments: [
    // φ of the quantiles; the entropy of a normal distribution.
    ("quantiles:0.1,0.5,0.9", 0.25), ("gaussian", 1.4189), ("student", 1.4189),
  ])
  func guessesOfNormalNumbersAreTheirDistribution(_ name: String, _ loss: Double) throws {
    let samples = samples(4000, Column("y", offset: 10, scale: 4)) { 10 + 4 * $0.gauss() }
    let head = try #require(OutputHead(name))
    let guess = try #require(try Baseline(samples, head: head))
    #expect(guess.method == "all numbers alike" && abs(guess.loss / loss - 1) <= 0.03, "\(guess)")
    let metrics = Dictionary(
      uniqueKeysWithValues: (guess.metrics ?? []).map { ($0.name, $0.value) })
    #expect(abs(try #require(metrics["coverage of 0.8"]) - 0.8) <= 0.03)
    guard !name.hasPrefix("quantiles") else { return }
    #expect(abs(try #require(metrics["CRPS"]) / (4 / Double.pi.squareRoot()) - 1) <= 0.04)
  }

  @Test func guessesOfCountsHaveTheirEntropy() throws {
    let samples = samples(4000, Column("y", offset: 4, scale: 4)) {
      floor(log(1 - $0.uniform()) / log(0.8))
    }
    let guess = try #require(try Baseline(samples, head: .likelihood(.negativeBinomial)))
    #expect(abs(guess.loss - 2.502) <= 0.06, "\(guess)")
  }

  /// A walk goes on from its last value by steps of one size, which all numbers alike do not know.
  @Test func guessesOfForecastsKnowTheLastValue() throws {
    var generator = Philox(seed: 3)
    var place = 0.0
    let walk = (0..<2001).map { _ -> Float in
      place += generator.gauss()
      return Float(place)
    }
    func values(_ numbers: ArraySlice<Float>) -> SampleValue {
      .features(FeatureSequence(Array(numbers), width: 1))
    }
    let series = ArraySamples([Sample(values(walk.dropLast()), values(walk.dropFirst()))])
    let column = ValueKind.features([Column("y")])
    let samples = TaskSamples(
      input: column, target: column, training: series, validation: series)
    let guess = try #require(try Baseline(samples, head: .likelihood(.gaussian)))
    #expect(guess.method == "the last value and its usual changes")
    #expect(abs(guess.loss - 1.4189) <= 0.05, "\(guess)")
    let line = guess.line(
      for: Evaluation(loss: 1, metrics: [.init("CRPS", 0.5), .init("RMSE", 3)]))
    #expect(line.hasSuffix("), the model 1.0000 (CRPS: 0.5000)"), "\(line)")
  }

  @Test func boundsHoldTheirShareOfCounts() throws {
    // Geometric numbers of mean 4: a negative binomial of dispersion 1.
    let samples = samples(1000, Column("y", offset: 4, scale: 4)) {
      floor(log(1 - $0.uniform()) / log(0.8))
    }
    let found = try trained(samples, "negative-binomial")
    // With 0 among the bounds they hold more than their share: P(0 ... 10) = 0.91.
    let coverage = try #require(found["coverage of 0.8"])
    #expect(abs(coverage - 0.914) <= Self.coverageTolerance, "\(coverage)")
    // -Σ p log p of the true distribution.
    #expect(abs(found.loss - 2.502) <= 0.08, "\(found.loss)")
    #expect(throws: InvalidSetting.self) {
      try trained(self.samples(10, Column("y")) { _ in 0.5 }, "negative-binomial")
    }
  }

  @Test(arguments: ["crf", "plain"])
  func partsOfABatchHaveTheLossOfTheWhole(_ head: String) throws {
    let tags: [[Int32]] = [[0, 1, 2, 1], [1, 1], [2, -1, 0]]
    let samples = tags.map { Sample(.tokens($0.map { max(0, $0) }), .tokens($0)) }
    let kind = ValueKind.symbols(Vocabulary(["a", "b", "c"]))
    let all = TaskSamples(
      input: kind, target: kind, alignment: head == "plain" ? .ordered : .inStep,
      training: ArraySamples(samples))
    var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    model.head = try #require(OutputHead(head))
    let task = try SequenceTask(.init(dataset: "tags", model: model), samples: all)
    var generator = Philox(seed: 1)
    let network = task.makeModel(using: &generator)
    func loss(_ samples: [Sample]) -> (sum: Float, count: Int) {
      let batch = SampleBatch(padding: samples)
      let count = task.targets(of: batch)
      let loss = task.loss(
        of: network, on: batch, from: nil, at: .init(step: 0, totalSteps: nil), using: &generator
      ).loss
      return (loss.scalar * Float(count), count)
    }
    let (whole, parts) = (loss(samples), samples.map { loss([$0]) })
    #expect(whole.count == parts.map(\.count).reduce(0, +))
    #expect(abs(whole.sum - parts.map(\.sum).reduce(0, +)) <= 1e-4)
    // Equal neighbours need a blank between: the second sample's labels do not fit its two steps.
    #expect(whole.count == (head == "plain" ? 5 + 0 + 3 : 8))
    if head == "plain" { #expect(parts[1].sum == 0) }
  }

  /// A field learns pairs that single tags do not say: each tag is another one than that before it.
  @Test func fieldsKnowTheTagBefore() throws {
    var generator = Philox(seed: 9)
    let samples = (0..<400).map { _ -> Sample in
      let first = Int32(generator.uniform() * 2)
      return Sample(
        .tokens([0, 0, 0, 0, 0, 0]), .tokens((0..<6).map { (first + $0) % 2 }))
    }
    let kind = ValueKind.symbols(Vocabulary(["a", "b"]))
    let all = TaskSamples(
      input: kind, target: kind, training: ArraySamples(samples),
      validation: ArraySamples(samples))
    // Half a bit each by tags alone; with pairs one choice for six tags.
    #expect(try trained(all, "plain").loss >= log(2) - 0.02)
    #expect(try trained(all, "crf").loss <= log(2) / 6 + 0.02)
  }
}
