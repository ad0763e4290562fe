import Cells
import Checkpoint
import Datasets
import ModelFixtures
import Models
import TensorCore
import Training

/// A training run saved by version 1 after five steps, which every later version must resume.
struct GoldenTraining: Sendable, CustomStringConvertible {
  /// The operations on the file of any task.
  struct Actions {
    /// Trains five steps and returns the checkpoint.
    var written: () throws -> Checkpoint
    /// Resumes from a file, checks that training continues, and returns the checkpoint right after resuming.
    var savedAgain: (CheckpointReader) throws -> (now: Checkpoint, laterLosses: [Double])
  }

  let description: String
  let actions: @Sendable () throws -> Actions

  static let folder = fixture("version-1")

  var path: String { "\(Self.folder)/\(description).rnnz" }

  static let all: [GoldenTraining] =
    [
      GoldenTraining(description: "language-lstm-adam") {
        try actions(language("lstm", .bptt, dropout: 0.2)) { $0.schedule = .cosine(warmUp: 2) }
      },
      GoldenTraining(description: "language-gru-everything") {
        try actions(language("gru", .bptt)) { settings in
          settings.optimizer = .adamW
          settings.schedule = .plateau(factor: 0.5, patience: 0)
          settings.averaging = .exponential(decay: 0.9)
          settings.evaluateEvery = 2
          settings.keepsBest = true
          settings.groups = [ParameterGroup("embed", learningRateScale: 0.5)]
        }
      },
      GoldenTraining(description: "language-rnn-momentum-rtrl") {
        try actions(language("rnn", .rtrl)) { $0.optimizer = .sgd(momentum: 0.9) }
      },
    ]
    + ["tagger", "forecaster", "attention", "writer", "additive"].map { name in
      GoldenTraining(description: "sequence-\(name)") {
        guard let model = ModelCase.all.first(where: { $0.name == name }) else {
          preconditionFailure("no model \(name)")
        }
        return try actions(model.task(ModelNumbers())) { $0.epochs = 40 }
      }
    }

  /// A fixed text, independent of generators, which must never change.
  private struct Text: Corpus {
    let name = "text"
    func read() -> CorpusText {
      let lines = [
        "a file that was once written stays as it is,\n",
        "and whoever reads it later, reads it all:\n",
        "weights, moments, averages; the dice, the place.\n", "0123456789 (é, ß, 漢)\n",
      ]
      let text: [String] = (0..<12).map { index in lines[index % 4] + lines[index * 7 / 4 % 4] }
      return CorpusText(text.joined())
    }
  }

  private static func language(
    _ cell: String, _ engine: GradientEngine, dropout: Float = 0
  ) throws -> LanguageModelTask {
    let configuration = LanguageModelTask.Configuration(
      dataset: "text",
      model: .init(
        cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 4, hiddenSize: 5,
        layers: engine == .bptt ? 2 : 1, dropout: dropout),
      windows: Windows(.sequential, batchSize: 4, sequenceLength: 10), engine: engine)
    return try LanguageModelTask(configuration, TokenizedCorpus(Text()))
  }

  private static func actions<Task: TrainingTask>(
    _ task: Task, _ change: (inout TrainingSettings) -> Void
  ) throws -> Actions {
    var settings = TrainingSettings()
    settings.learningRate = 0.01
    change(&settings)
    func advance(_ trainer: inout Trainer<Task>) throws -> [Double] {
      var losses: [Double] = []
      try trainer.run(until: { losses.count == 5 }) { event in
        if case .step(let step) = event { losses.append(step.loss) }
      }
      return losses
    }
    return Actions(
      written: { [settings] in
        var trainer = try Trainer(task, settings)
        _ = try advance(&trainer)
        return try trainer.checkpoint()
      },
      savedAgain: { reader in
        var trainer = try Trainer(resuming: reader, task)
        let now = try trainer.checkpoint()
        return (now, try advance(&trainer))
      })
  }
}
