import Cells
import Checkpoint
import Datasets
import ModelFixtures
import Models
import TensorCore
import Testing
import Training

/// Training that is stopped, saved and resumed ends with the same bits as uninterrupted training, for all settings; and
/// all of the saved state is needed for that.
@Suite struct ResumeTests {
  static func text(_ seed: UInt64 = 2) -> Tales { Tales(characters: 2_000, seed: seed) }
  static func corpus(_ seed: UInt64 = 2) throws -> TokenizedCorpus {
    try TokenizedCorpus(text(seed))
  }

  static func task(
    _ cell: String = "gru", _ sampling: Windows.Sampling = .sequential, dropout: Float = 0.2,
    carriesState: Bool = true, hiddenSize: Int = 7, corpus: TokenizedCorpus? = nil
  ) throws -> LanguageModelTask {
    let configuration = LanguageModelTask.Configuration(
      dataset: "tales:2000",
      model: .init(
        cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 5,
        hiddenSize: hiddenSize, layers: 2, dropout: dropout),
      windows: Windows(sampling, batchSize: 8, sequenceLength: 20), carriesState: carriesState)
    return try LanguageModelTask(configuration, corpus ?? Self.corpus())
  }

  static var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.epochs = 2
    settings.learningRate = 0.01
    settings.schedule = .cosine(warmUp: 3)
    return settings
  }

  private static let optimizers: [OptimizerChoice] = [
    .sgd(), .sgd(momentum: 0.9), .nesterov(momentum: 0.9), .rmsProp, .adam, .adamW,
  ]

  /// Every optimizer with every sampling and with every cell, and every cell with every sampling.
  @Test(arguments: 0..<3, optimizers.indices)
  func everyOptimizerGoesOn(_ cell: Int, _ optimizer: Int) throws {
    var settings = Self.settings
    settings.optimizer = Self.optimizers[optimizer]
    settings.weightDecay = 0.01
    let samplings = Array(Windows.Sampling.allCases)
    let sampling = samplings[(cell + optimizer) % samplings.count]
    try expectSameBits(Self.task(["rnn", "gru", "lstm"][cell], sampling), settings, "\(sampling)")
  }

  @Test(arguments: [
    LearningRateSchedule.constant, .step(every: 5, factor: 0.5), .exponential(factor: 0.9),
    .cosine(warmUp: 4, floor: 0.1), .plateau(factor: 0.5, patience: 0), .oneCycle,
  ])
  func everyScheduleGoesOn(_ schedule: LearningRateSchedule) throws {
    var settings = Self.settings
    settings.schedule = schedule
    settings.evaluateEvery = 2
    try expectSameBits(Self.task(), settings)
  }

  @Test(
    arguments: [WeightAveraging.exponential(decay: 0.9), .stochastic(start: 9)], [true, false])
  func everyAverageGoesOn(_ averaging: WeightAveraging, _ keepsBest: Bool) throws {
    var settings = Self.settings
    settings.averaging = averaging
    settings.keepsBest = keepsBest
    settings.evaluateEvery = 4
    try expectSameBits(Self.task("lstm", .random), settings)
  }

  /// Training is resumed alternately with two threads and with one.
  @Test func theNumberOfThreadsChangesNothing() async {
    await #expect(processExitsWith: .success) {
      var ends: [[UInt8]] = []
      for threads in [[1, 1], [2, 2], [1, 2], [2, 1]] {
        ThreadTeam.count = threads[0]
        var trainer = try LanguageModelTrainer(ResumeTests.task("lstm"), ResumeTests.settings)
        var left = 9
        try trainer.run(until: { left == 0 }) { if case .step = $0 { left -= 1 } }
        ThreadTeam.count = threads[1]
        let reader = try CheckpointReader(bytes: trainer.checkpoint().encoded(compression: .none))
        trainer = try LanguageModelTrainer(resuming: reader, ResumeTests.task("lstm"))
        try trainer.run { _ in }
        ends.append(try trainer.checkpoint().encoded(compression: .none))
      }
      #expect(ends.allSatisfy { $0 == ends[0] })
    }
  }

  /// Models of every shape of sequence task.
  @Test(arguments: ModelCase.all)
  func everyShapeOfModelGoesOn(_ model: ModelCase) throws {
    var settings = Self.settings
    settings.epochs = 5
    var task = try model.task(ModelNumbers())
    var configuration = task.configuration
    configuration.model.dropout = 0.2
    configuration.batchSize = 2
    task = try SequenceTask(configuration, samples: task.samples)
    try expectSameBits(task, settings, stride: 3)
  }

  /// A file whose cursor has only a position, without a pool of samples, is resumed bit-exactly too.
  @Test func aPositionWithoutAPoolGoesOn() throws {
    let task = try ModelCase(name: "tagger", cell: "gru", isBidirectional: true)
      .task(ModelNumbers())
    var configuration = task.configuration
    configuration.batchSize = 1
    let single = try SequenceTask(configuration, samples: task.samples)
    var trainer = try Trainer(single, Self.settings)
    var left = 4
    try trainer.run(until: { left == 0 }) { if case .step = $0 { left -= 1 } }
    var saved = try trainer.checkpoint()
    try trainer.run { _ in }
    let place = try CheckpointReader(bytes: saved.encoded(compression: .none)).json(
      BatchCursor.self, .data, "cursor")
    #expect(place.epoch == 1 && place.position == 1 && place.pool != nil)
    try saved.setJSON(["epoch": 1, "position": 1], .data, "cursor")
    var again = try Trainer(
      resuming: CheckpointReader(bytes: saved.encoded(compression: .none)), single)
    try again.run { _ in }
    #expect(
      try again.checkpoint().encoded(compression: .none)
        == trainer.checkpoint().encoded(compression: .none))
  }

  /// Each part of the saved training state: without it, training ends with other weights.
  enum Part: String, CaseIterable {
    case optimizer, schedule, generator, cursor, carry
  }

  @Test(arguments: Part.allCases)
  func everyPartOfTheFileIsNeeded(_ part: Part) throws {
    let task = try Self.task("gru", .sequential)
    var trainer = try LanguageModelTrainer(task, Self.settings)
    let fresh = try trainer.checkpoint()
    var left = 9
    try trainer.run(until: { left == 0 }) { if case .step = $0 { left -= 1 } }
    var saved = try trainer.checkpoint()
    func end(_ checkpoint: Checkpoint) throws -> [Float] {
      let reader = try CheckpointReader(bytes: checkpoint.encoded(compression: .none))
      var trainer = try LanguageModelTrainer(resuming: reader, task)
      try trainer.run { _ in }
      return trainer.model.parameters.flatMap(\.value.scalars)
    }
    let expected = try end(saved)
    /// Replaces entries by those of a new run's file.
    func reset(_ section: Checkpoint.Section, _ isMeant: (String) -> Bool = { _ in true }) {
      for key in saved.contents.keys where key.section == section && isMeant(key.name) {
        saved.remove(section, key.name)
      }
      for (key, content) in fresh.contents where key.section == section && isMeant(key.name) {
        saved.set(content, key)
      }
    }
    let before = saved
    switch part {
    case .optimizer: reset(.optimizer)
    case .schedule: reset(.trainer) { $0 == "step" }
    case .generator: reset(.random)
    case .cursor: reset(.data) { $0 == "cursor" }
    case .carry: reset(.carry)
    }
    #expect(saved != before)
    #expect(try end(saved) != expected)
    #expect(try end(before) == expected)
  }
}

/// Resuming with a different configuration or data is refused, and the error names the difference.
@Suite struct ResumeMismatchTests {
  private func reader() throws -> CheckpointReader {
    let trainer = try LanguageModelTrainer(ResumeTests.task(), ResumeTests.settings)
    return try CheckpointReader(
      bytes: trainer.checkpoint().encoded(compression: .none), name: "model.rnnz")
  }

  private func mismatch(_ task: LanguageModelTask) throws -> String {
    let reader = try reader()
    return try #require(
      #expect(throws: ResumeMismatch.self) { try LanguageModelTrainer(resuming: reader, task) }
    ).description
  }

  @Test func anotherText() throws {
    let text = try mismatch(ResumeTests.task(corpus: ResumeTests.corpus(3)))
    #expect(text.hasPrefix("model.rnnz: the data has changed: expected a text of 2"), "\(text)")
    #expect(text.contains("bytes with checksum ") && text.contains(", found a text of "))
  }

  @Test func anotherModel() throws {
    #expect(
      try mismatch(ResumeTests.task(hiddenSize: 9))
        == "model.rnnz: model.hiddenSize has changed: expected 7, found 9")
    #expect(
      try mismatch(ResumeTests.task("lstm")).hasPrefix("model.rnnz: model.cell."), "the cell")
    #expect(
      try mismatch(ResumeTests.task(dropout: 0)).hasPrefix("model.rnnz: model.dropout has changed"))
  }

  @Test func otherWindows() throws {
    #expect(
      try mismatch(ResumeTests.task("gru", .random))
        == #"model.rnnz: windows.sampling has changed: expected "sequential", found "random""#)
    #expect(
      try mismatch(ResumeTests.task(carriesState: false))
        == "model.rnnz: carriesState has changed: expected true, found false")
  }

  /// The same text with another tokenization.
  @Test func anotherVocabulary() throws {
    let usual = try ResumeTests.corpus()
    let tokens = usual.tokenizer.vocabulary
    let fewer = try TokenizedCorpus(
      ResumeTests.text(), tokenizer: VocabularyTokenizer(Array(tokens.dropLast())))
    let text = try mismatch(ResumeTests.task(corpus: fewer))
    #expect(text.contains("vocabulary has changed: expected"), "\(text)")
    var swapped = tokens
    swapped.swapAt(3, 4)
    let other = try TokenizedCorpus(
      ResumeTests.text(), tokenizer: VocabularyTokenizer(swapped))
    #expect(
      try mismatch(ResumeTests.task(corpus: other))
        == "model.rnnz: number 3 of the vocabulary has changed: expected \"\(tokens[3])\", "
        + "found \"\(tokens[4])\"")
  }

  /// The same text from another path is accepted.
  @Test func theSameTextElsewhereIsNoDifference() throws {
    var configuration = try ResumeTests.task().configuration
    configuration.dataset = "/another/place"
    let task = try LanguageModelTask(configuration, ResumeTests.corpus())
    #expect(throws: Never.self) { try LanguageModelTrainer(resuming: reader(), task) }
  }

  @Test func otherSamplesAndNames() throws {
    let model = ModelCase(name: "tagger", cell: "gru", isBidirectional: true)
    let task = try model.task(ModelNumbers())
    let trainer = try Trainer(task, ResumeTests.settings)
    let reader = try CheckpointReader(
      bytes: trainer.checkpoint().encoded(compression: .none), name: "model.rnnz")
    func mismatch(_ samples: TaskSamples) throws -> String {
      let other = try SequenceTask(task.configuration, samples: samples)
      return try #require(
        #expect(throws: ResumeMismatch.self) { try Trainer(resuming: reader, other) }
      ).description
    }
    let numbers = try ModelNumbers().samples(of: model)
    var samples = task.samples
    samples.training = ArraySamples(numbers.reversed())
    #expect(try mismatch(samples).hasPrefix("model.rnnz: the data has changed: expected 3 samples"))
    samples = task.samples
    samples.target = .symbols(Vocabulary(["w", "x", "y", "zz"]))
    #expect(
      try mismatch(samples)
        == #"model.rnnz: number 3 of the target's vocabulary has changed: expected "z", found "zz""#
    )
  }
}
