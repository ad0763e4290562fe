import Cells
import Checkpoint
import Datasets
import TensorCore
import Testing
import Training

/// Training that is stopped anywhere, saved and resumed ends with the bits of training that never stopped.
@Suite struct TrainerTests {
  private static let corpus = try? TokenizedCorpus(Tales(characters: 4_000, seed: 2))

  private func configuration(
    _ cell: String, _ sampling: Windows.Sampling, dropout: Float = 0,
    carriesState: Bool = true
  ) throws -> TrainingConfiguration {
    TrainingConfiguration(
      dataset: "tales:4000",
      model: .init(
        cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 6, hiddenSize: 9,
        layers: 2, dropout: dropout),
      windows: Windows(sampling, batchSize: 8, sequenceLength: 20), epochs: 2,
      learningRate: 0.01, schedule: .cosine, carriesState: carriesState)
  }

  @Test(arguments: ["rnn", "gru", "lstm"], Windows.Sampling.allCases)
  func resumesToTheBit(_ cell: String, _ sampling: Windows.Sampling) throws {
    for (dropout, carries) in [(Float(0), true), (0.3, true), (0.3, false)] {
      let corpus = try #require(Self.corpus)
      let configuration = try configuration(
        cell, sampling, dropout: dropout, carriesState: carries)
      var whole = try LanguageModelTrainer(configuration, corpus)
      var losses: [Double] = []
      whole.run { if case .step(let step) = $0 { losses.append(step.loss) } }
      #expect(whole.isFinished && losses.count == whole.steps)

      // Stopped after every seventh step: in the middle of epochs and between them.
      var trainer = try LanguageModelTrainer(configuration, corpus)
      var resumed: [Double] = []
      while !trainer.isFinished {
        var left = 7
        trainer.run(until: { left == 0 }) { event in
          if case .step(let step) = event {
            resumed.append(step.loss)
            left -= 1
          }
        }
        let bytes = try trainer.checkpoint().encoded()
        trainer = try LanguageModelTrainer(
          resuming: CheckpointReader(bytes: bytes), corpus)
      }
      #expect(resumed == losses)
      #expect(try trainer.checkpoint().encoded() == whole.checkpoint().encoded())
    }
  }

  @Test func anotherTextIsRefused() throws {
    let corpus = try #require(Self.corpus)
    let trainer = try LanguageModelTrainer(configuration("gru", .random), corpus)
    let reader = try CheckpointReader(bytes: trainer.checkpoint().encoded())
    let other = try TokenizedCorpus(Tales(characters: 4_000, seed: 3))
    let mismatch = #expect(throws: ResumeMismatch.self) {
      try LanguageModelTrainer(resuming: reader, other)
    }
    #expect(mismatch?.what == "the text of tales:4000")
  }

  @Test func lossesFallAndEventsComeInOrder() throws {
    var trainer = try LanguageModelTrainer(
      configuration("lstm", .sequential), try #require(Self.corpus))
    var kinds: [String] = []
    var epochs: [TrainingEvent.Epoch] = []
    trainer.run { event in
      switch event {
      case .started: kinds.append("started")
      case .step: if kinds.last != "step" { kinds.append("step") }
      case .epoch(let epoch):
        kinds.append("epoch")
        epochs.append(epoch)
      case .stopped: kinds.append("stopped")
      case .finished: kinds.append("finished")
      }
    }
    #expect(kinds == ["started", "step", "epoch", "step", "epoch", "finished"])
    #expect(epochs[1].loss < epochs[0].loss)
    let floor = try #require(trainer.corpus.validationFloor)
    #expect(try #require(epochs[1].validationLoss) > floor)
  }

  @Test func nonsenseSettingsAreNamed() throws {
    let corpus = try #require(Self.corpus)
    var wrong = try configuration("rnn", .random)
    wrong.learningRate = .nan
    #expect(throws: InvalidSetting.self) { try LanguageModelTrainer(wrong, corpus) }
    wrong = try configuration("rnn", .random)
    wrong.model.layers = 0
    #expect(throws: InvalidSetting.self) { try LanguageModelTrainer(wrong, corpus) }
    wrong = try configuration("rnn", .random)
    wrong.windows = Windows(.random, batchSize: 500, sequenceLength: 500)
    #expect(throws: DatasetError.self) { try LanguageModelTrainer(wrong, corpus) }
  }

  @Test func hintsFollowTheNote() throws {
    var configuration = try configuration("rnn", .random)
    #expect(configuration.hints.isEmpty)
    configuration.windows = Windows(.random, batchSize: 1, sequenceLength: 101)
    configuration.model.layers = 4
    #expect(configuration.hints.count == 2)
  }
}
