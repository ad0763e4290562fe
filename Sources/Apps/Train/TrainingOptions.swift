import ArgumentParser
import Cells
import Checkpoint
import Datasets
import Training

/// The flags of `train`, and the configuration that they make.
struct TrainingOptions: ParsableArguments {
  @Option(help: "tales, timemachine:FILE, or a UTF-8 text file.")
  var dataset: String?

  @Option(help: "A ready configuration, which other flags change: demo or note.")
  var preset: TrainingPreset = .demo

  @Option(help: "The cell: rnn, lstm, gru, and more.")
  var cell: String?

  @Option(help: "Numbers that stand for a character.")
  var embedding: Int?

  @Option(help: "Units of a layer.")
  var hidden: Int?

  @Option(help: "Layers.")
  var layers: Int?

  @Option(help: "Share of the units that is dropped between layers.")
  var dropout: Float?

  @Option(help: "Windows side by side in a step.")
  var batchSize: Int?

  @Option(help: "Characters of a window.")
  var steps: Int?

  @Option(help: "How often to go through the text.")
  var epochs: Int?

  @Option(help: "Adam's step size.")
  var learningRate: Double?

  @Option(help: "The largest norm of the gradients; 0 for no limit.")
  var clip: Double?

  @Option(help: "How windows follow each other: sequential or random.")
  var sampling: Windows.Sampling?

  @Option(help: "Draws the weights and the order of windows.")
  var seed: UInt64?

  @Option(help: "Where the model is saved.")
  var out = "model.rnnz"

  @Option(help: "Goes on with the training in this file, to the bit.")
  var resume: String?

  @Option(help: "A CSV file with a line for each step.")
  var log: String?

  @Option(help: "Threads to share the work; all processors unless given.")
  var threads: Int?

  /// The preset's data and model, changed by the flags that were given.
  func configuration() throws -> LanguageModelTask.Configuration {
    var result = try preset.configuration(dataset: preset.dataset(dataset))
    if let cell { result.model.cell = try CellRegistry.standard.cell(named: cell) }
    result.model.embeddingSize = embedding ?? result.model.embeddingSize
    result.model.hiddenSize = hidden ?? result.model.hiddenSize
    result.model.layers = layers ?? result.model.layers
    result.model.dropout = dropout ?? result.model.dropout
    let windows = result.windows
    let (rows, length) = (batchSize ?? windows.batchSize, steps ?? windows.sequenceLength)
    try InvalidSetting.checkBatch(size: rows, steps: length)
    result.windows = Windows(
      sampling ?? windows.sampling, batchSize: rows, sequenceLength: length,
      offset: windows.offset)
    return result
  }

  /// The preset's settings, changed by the flags that were given.
  func settings() throws -> TrainingSettings {
    var result = preset.settings
    result.epochs = epochs ?? result.epochs
    result.learningRate = learningRate ?? result.learningRate
    if let clip { result.clip = clip == 0 ? nil : clip }
    result.seed = seed ?? result.seed
    return result
  }

  /// A trainer at the start, or where a saved one stopped.
  func makeTrainer() throws -> LanguageModelTrainer {
    if let resume {
      let reader = try CheckpointReader(path: resume)
      let saved = try LanguageModelTrainer.configuration(in: reader)
      return try LanguageModelTrainer(
        resuming: reader,
        LanguageModelTask(resuming: reader, corpus(dataset ?? saved.dataset, saved)))
    }
    let configuration = try configuration()
    return try LanguageModelTrainer(
      LanguageModelTask(configuration, corpus(configuration.dataset, configuration)), settings())
  }

  private func corpus(
    _ dataset: String, _ configuration: LanguageModelTask.Configuration
  ) throws -> TokenizedCorpus {
    try TokenizedCorpus(
      CorpusRegistry.standard.corpus(dataset),
      validationFraction: configuration.validationFraction)
  }
}

extension TrainingPreset: ExpressibleByArgument {}
extension Windows.Sampling: ExpressibleByArgument {}
