import AppSupport
import ArgumentParser
import Checkpoint
import Datasets
import Downloads
import Models
import Training

/// `train text`, or `train` alone.
struct TrainText: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "text", abstract: "Learns to write text, character by character.",
    usage: "train [text] [OPTION ...]",
    discussion: """
      --help-hidden shows rarer flags too. `generate` writes with the model.
      Example: train --dataset tales --cell gru --hidden 128 --out model.rnnz
      """)

  @OptionGroup(title: "Text") var text: TextOptions
  @OptionGroup(title: "Text") var gradient: GradientOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Around the cell") var around: LayerOptions
  @OptionGroup(title: "Training") var trainer: TrainerOptions
  @OptionGroup(title: "Files and machine") var files: RunOptions

  func validate() throws {
    Interruption.listen()
    do {
      guard files.resume == nil else { return }
      try configuration().validate()
      try settings().validate()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    files.apply()
    guard let path = files.resume else {
      let configuration = try configuration()
      let task = try LanguageModelTask(configuration, corpus(configuration))
      return try train(LanguageModelTrainer(task, settings()))
    }
    let reader = try CheckpointReader(path: path)
    if try SavedModelKind(reading: reader) == .sequence {
      return try Session.resume(reader, data: nil, trainer, files)
    }
    var saved = try LanguageModelTrainer.configuration(in: reader)
    saved.dataset = text.dataset ?? saved.dataset
    let task = try LanguageModelTask(resuming: reader, corpus(saved))
    let settings = try trainer.applied(to: LanguageModelTrainer.settings(in: reader))
    try train(LanguageModelTrainer(resuming: reader, task, settings))
  }

  private func train(_ trainer: LanguageModelTrainer) throws {
    var session = try Session(trainer, files)
    try session.run { Summary($0) }
  }

  /// The preset's data and model, changed by the flags that were given.
  private func configuration() throws -> LanguageModelTask.Configuration {
    var result = try text.preset.configuration(dataset: text.preset.dataset(text.dataset))
    result.model.cell = try model.cell(or: result.model.cell)
    result.model.embeddingSize = model.embedding ?? result.model.embeddingSize
    result.model.hiddenSize = model.hidden ?? result.model.hiddenSize
    result.model.layers = model.layers ?? result.model.layers
    result.model.dropout = model.dropout ?? result.model.dropout
    result.model.recurrent = around.applied(to: result.model.recurrent)
    let windows = result.windows
    let (rows, length) = (
      model.batchSize ?? windows.batchSize, text.steps ?? windows.sequenceLength
    )
    try InvalidSetting.checkBatch(size: rows, steps: length)
    result.windows = Windows(
      text.sampling ?? windows.sampling, batchSize: rows, sequenceLength: length,
      offset: windows.offset)
    result.tokenization = try text.tokens.tokenization()
    result.engine = try gradient.engine(window: length, seed: settings().seed)
    return result
  }

  /// The preset's settings, changed by the flags that were given.
  private func settings() -> TrainingSettings { trainer.applied(to: text.preset.settings) }

  private func corpus(
    _ configuration: LanguageModelTask.Configuration
  ) throws -> TokenizedCorpus {
    try TokenizedCorpus(
      CorpusRegistry.fetching.corpus(configuration.dataset),
      validationFraction: configuration.validationFraction,
      tokenization: configuration.tokenization)
  }
}

/// The flags that say which text is learnt, and how it is cut.
struct TextOptions: ParsableArguments {
  @Option(
    help: "tales; timemachine or shakespeare, which are fetched; timemachine:FILE; or a text file.")
  var dataset: String?

  @OptionGroup var tokens: TokenOptions

  @Option(help: "A ready configuration, which other flags change: demo or note.")
  var preset: TrainingPreset = .demo

  @Option(help: "Characters of a window.")
  var steps: Int?

  @Option(help: "How windows follow each other: sequential or random.")
  var sampling: Windows.Sampling?
}

extension TrainingPreset: ExpressibleByArgument {}
extension Windows.Sampling: ExpressibleByArgument {}
