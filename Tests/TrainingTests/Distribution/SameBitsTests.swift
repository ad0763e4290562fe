import Cells
import Checkpoint
import Datasets
import DistributedTraining
import ModelFixtures
import Models
import TensorCore
import Testing

@testable import Training

/// Training on any number of ranks ends with the same file, to the bit.
@Suite struct SameBitsTests {
  private static let counts = [1, 2, 3, 4, 8]
  /// For what does not depend on how the ranks share the shards.
  private static let fewCounts = [1, 3]

  static func languageTask(
    _ cell: String = "lstm", _ sampling: Windows.Sampling = .sequential, dropout: Float = 0.2,
    engine: GradientEngine = .bptt, layers: Int = 2
  ) throws -> LanguageModelTask {
    let configuration = LanguageModelTask.Configuration(
      dataset: "tales:3000",
      model: .init(
        cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 5, hiddenSize: 7,
        layers: layers, dropout: dropout),
      windows: Windows(sampling, batchSize: 9, sequenceLength: 15), engine: engine)
    return try LanguageModelTask(
      configuration, TokenizedCorpus(Tales(characters: 3_000, seed: 2)))
  }

  static var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.epochs = 2
    settings.steps = 12
    settings.learningRate = 0.01
    settings.evaluateEvery = 5
    settings.sharding = Sharding(8)
    settings.compareEvery = 2
    return settings
  }

  @Test(arguments: Windows.Sampling.allCases)
  func languageModels(_ sampling: Windows.Sampling) throws {
    try expectSameBits(Self.languageTask("lstm", sampling), Self.settings)
  }

  @Test(arguments: [
    OptimizerChoice.sgd(), .sgd(momentum: 0.9), .rmsProp, .adam, .adamW,
  ])
  func everyOptimizer(_ optimizer: OptimizerChoice) throws {
    var settings = Self.settings
    settings.optimizer = optimizer
    settings.weightDecay = 0.01
    try expectSameBits(Self.languageTask("gru"), settings, Self.fewCounts)
  }

  @Test func accumulationClippingAveragesAndTheBestWeights() throws {
    var settings = Self.settings
    settings.accumulation = 3
    settings.clip = 0.1
    settings.clipValue = 0.01
    settings.labelSmoothing = 0.1
    settings.averaging = .exponential(decay: 0.9)
    settings.keepsBest = true
    settings.evaluateEvery = 2
    try expectSameBits(Self.languageTask("rnn"), settings)
  }

  @Test func sumsInHalfPrecision() throws {
    var settings = Self.settings
    settings.sharding = Sharding(8, wire: .bf16)
    let exact = try Self.train(Self.languageTask(), Self.settings, ranks: 1)[0]
    let rounded = try expectSameBits(Self.languageTask(), settings)
    #expect(exact != rounded)
  }

  @Test(arguments: [1, 3, 5, 7, 9])
  func everyNumberOfShards(_ shards: Int) throws {
    var settings = Self.settings
    settings.sharding = Sharding(shards)
    try expectSameBits(Self.languageTask(), settings)
  }

  @Test(arguments: [GradientEngine.tbptt(every: 15, through: 30), .snap1, .uoro(seed: 3)])
  func enginesThatRemember(_ engine: GradientEngine) throws {
    try expectSameBits(
      Self.languageTask("gru", dropout: 0, engine: engine, layers: 1), Self.settings,
      Self.fewCounts)
  }

  @Test(arguments: ModelCase.all)
  func everySequenceTask(_ model: ModelCase) throws {
    var settings = Self.settings
    settings.epochs = 6
    var task = try model.task(ModelNumbers())
    var configuration = task.configuration
    configuration.model.dropout = 0.2
    configuration.batchSize = 4
    settings.sharding = Sharding(4)
    task = try SequenceTask(configuration, samples: task.samples)
    try expectSameBits(task, settings, Self.fewCounts)
  }

  @Test func samplesInBucketsAndShortBatches() throws {
    let dataset = try DatasetRegistry.standard.dataset("names")
    var configuration = try SequencePreset(
      dataset: "names", dataset.read(), steps: 10
    ).task
    configuration.batchSize = 12
    configuration.bucketPool = 3
    try expectSameBits(SequenceTask(configuration, dataset), Self.settings, Self.fewCounts)
  }

  /// Stopped on one number of ranks and gone on with another, training ends as without a stop.
  @Test func goesOnWithAnotherNumberOfRanks() throws {
    let task = try Self.languageTask()
    let whole = try Self.train(task, Self.settings, ranks: 1)[0]
    for (first, second) in [(2, 3), (4, 1), (1, 8), (3, 2)] {
      let stopped = try InProcessExchange.run(ranks: first) { exchange in
        var trainer = try Trainer(task, Self.settings, in: ProcessGroup(exchange))
        var left = 7
        try trainer.run(until: { left == 0 }) { if case .step = $0 { left -= 1 } }
        try trainer.collect()
        return try trainer.checkpoint().encoded(compression: .none)
      }[0]
      let ends = try InProcessExchange.run(ranks: second) { exchange in
        var trainer = try Trainer(
          resuming: CheckpointReader(bytes: stopped), task, in: ProcessGroup(exchange))
        try trainer.run { _ in }
        try trainer.collect()
        return try trainer.checkpoint().encoded(compression: .none)
      }
      #expect(ends[0] == whole, "\(first) ranks, then \(second)")
    }
  }

  static func train<Task: TrainingTask>(
    _ task: Task, _ settings: TrainingSettings, ranks: Int
  ) throws -> [[UInt8]] {
    try InProcessExchange.run(ranks: ranks) { exchange in
      var trainer = try Trainer(task, settings, in: ProcessGroup(exchange))
      try trainer.run { _ in }
      try trainer.collect()
      return try trainer.checkpoint().encoded(compression: .none)
    }
  }

  @discardableResult
  private func expectSameBits<Task: TrainingTask>(
    _ task: Task, _ settings: TrainingSettings, _ counts: [Int] = SameBitsTests.counts
  ) throws -> [UInt8] {
    let alone = try Self.train(task, settings, ranks: 1)[0]
    for ranks in counts.dropFirst() {
      let found = try Self.train(task, settings, ranks: ranks)[0]
      #expect(found == alone, "\(ranks) ranks")
    }
    return alone
  }
}
