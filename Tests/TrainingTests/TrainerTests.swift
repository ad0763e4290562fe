import Cells
import Checkpoint
import Datasets
import Models
import TensorCore
import Testing
import Training

/// Training that is stopped anywhere, saved and resumed ends with the same bits as uninterrupted training.
@Suite struct TrainerTests {
  private static let corpus = try? TokenizedCorpus(Tales(characters: 4_000, seed: 2))
  /// A text for gradient engines whose steps are long: two epochs of eight.
  private static let short = try? TokenizedCorpus(Tales(characters: 1_500, seed: 2))

  private func task(
    _ cell: String, _ sampling: Windows.Sampling, dropout: Float = 0,
    carriesState: Bool = true, engine: GradientEngine = .bptt,
    _ corpus: TokenizedCorpus? = TrainerTests.corpus
  ) throws -> LanguageModelTask {
    let configuration = LanguageModelTask.Configuration(
      dataset: "tales:4000",
      model: .init(
        cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 6, hiddenSize: 9,
        layers: 2, dropout: dropout),
      windows: Windows(sampling, batchSize: 8, sequenceLength: 20), carriesState: carriesState,
      engine: engine)
    return try LanguageModelTask(configuration, try #require(corpus))
  }

  private var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.epochs = 2
    settings.learningRate = 0.01
    settings.schedule = .cosine()
    return settings
  }

  /// All settings with their own state.
  private var richSettings: TrainingSettings {
    var settings = settings
    settings.optimizer = .adamW
    settings.schedule = .plateau(factor: 0.5, patience: 0)
    settings.accumulation = 2
    settings.averaging = .exponential(decay: 0.9)
    settings.evaluateEvery = 3
    settings.patience = 3
    settings.keepsBest = true
    settings.labelSmoothing = 0.1
    settings.clipValue = 0.5
    settings.groups = [
      ParameterGroup("embed", learningRateScale: 0), ParameterGroup("fc", weightDecay: 0.1),
    ]
    return settings
  }

  /// With and without dropout, with and without a state that is carried.
  private static let variants: [String: (dropout: Float, carriesState: Bool)] = [
    "rnn": (0, true), "gru": (0.3, true), "lstm": (0.3, false),
  ]

  @Test(arguments: variants.keys.sorted(), Windows.Sampling.allCases)
  func resumesToTheBit(_ cell: String, _ sampling: Windows.Sampling) throws {
    let (dropout, carriesState) = try #require(Self.variants[cell])
    try expectSameBits(
      task(cell, sampling, dropout: dropout, carriesState: carriesState), settings)
  }

  @Test func averagesPlateausAndTheBestResumeToTheBit() throws {
    try expectSameBits(task("gru", .random), richSettings)
  }

  /// The memory of a gradient engine is saved too.
  @Test(arguments: [
    GradientEngine.checkpointed(every: 4), .tbptt(every: 20, through: 50), .rtrl, .snap1,
    .uoro(seed: 3),
  ])
  func enginesResumeToTheBit(_ engine: GradientEngine) throws {
    for carries in [true, false] {
      try expectSameBits(
        task("gru", .sequential, carriesState: carries, engine: engine, Self.short), settings)
    }
  }

  /// Gradient checkpoints within a window do not change a bit of training.
  @Test func checkpointsWithinWindowsChangeNothing() throws {
    var weights: [[Float]] = []
    for engine in [GradientEngine.bptt, .checkpointed(every: 3)] {
      var trainer = try LanguageModelTrainer(
        task("lstm", .sequential, engine: engine), settings)
      try trainer.run { _ in }
      weights.append(trainer.model.parameters.flatMap { $0.value.scalars })
    }
    #expect(weights[0] == weights[1])
  }

  @Test func unsuitableEnginesAreNamed() throws {
    let engines: [(GradientEngine, String)] = [
      (.tbptt(every: 7, through: 9), "steps between updates: expected the window's 20, found 7"),
      (
        .tbptt(every: 20, through: 9),
        "steps of the backward pass: expected at least the window's 20, found 9"
      ),
      (.checkpointed(every: 0), "steps between checkpoints: expected at least 1, found 0"),
    ]
    for (engine, text) in engines {
      let error = #expect(throws: InvalidSetting.self) {
        try task("gru", .sequential, engine: engine)
      }
      #expect(error?.description == text)
    }
    #expect(throws: InvalidSetting.self) {
      try task("gru", .sequential, dropout: 0.1, engine: .rtrl)
    }
  }

  @Test func lossesFallAndEventsComeInOrder() throws {
    var trainer = try LanguageModelTrainer(task("lstm", .sequential), settings)
    trainer.reportsDistributions = true
    let names = Set(trainer.model.parameters.map(\.name))
    var kinds: [String] = []
    var epochs: [TrainingEvent.Epoch] = []
    try trainer.run { event in
      switch event {
      case .started: kinds.append("started")
      case .step: if kinds.last != "step" { kinds.append("step") }
      case .distributions(let all):
        kinds.append("distributions")
        #expect(Set(all.parameters.map(\.name)) == names)
        #expect(
          all.parameters.allSatisfy {
            $0.weights.counts.reduce(0, +) == $0.shape.reduce(1, *)
              && $0.gradients.counts.reduce(0, +) == $0.shape.reduce(1, *)
              && $0.gradients.deviation > 0
          })
      case .evaluation: kinds.append("evaluation")
      case .epoch(let epoch):
        kinds.append("epoch")
        epochs.append(epoch)
      case .stopped: kinds.append("stopped")
      case .diverged: kinds.append("diverged")
      case .finished: kinds.append("finished")
      }
    }
    #expect(
      kinds == [
        "started", "step", "distributions", "evaluation", "epoch", "step", "distributions",
        "evaluation", "epoch", "finished",
      ])
    #expect(epochs[1].loss < epochs[0].loss)
    let floor = try #require(trainer.task.corpus.validationFloor)
    #expect(try #require(epochs[1].evaluation?.loss) > floor)
  }

  @Test func nonsenseSettingsAreNamed() throws {
    var wrong = settings
    wrong.learningRate = .nan
    #expect(throws: InvalidSetting.self) {
      try LanguageModelTrainer(task("rnn", .random), wrong)
    }
    wrong = settings
    wrong.groups = [ParameterGroup("teapot", learningRateScale: 0)]
    #expect(throws: InvalidSetting.self) {
      try LanguageModelTrainer(task("rnn", .random), wrong)
    }
    var configuration = try task("rnn", .random).configuration
    let corpus = try #require(Self.corpus)
    configuration.model.layers = 0
    #expect(throws: InvalidSetting.self) { try LanguageModelTask(configuration, corpus) }
    configuration = try task("rnn", .random).configuration
    configuration.windows = Windows(.random, batchSize: 500, sequenceLength: 500)
    #expect(throws: DatasetError.self) { try LanguageModelTask(configuration, corpus) }
  }

  @Test func hintsFollowTheNote() throws {
    let task = try task("rnn", .random)
    #expect(task.hints.isEmpty)
    var configuration = task.configuration
    configuration.windows = Windows(.random, batchSize: 1, sequenceLength: 101)
    configuration.model.layers = 4
    #expect(try LanguageModelTask(configuration, try #require(Self.corpus)).hints.count == 2)
  }
}
