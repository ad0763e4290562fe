import Cells
import Checkpoint
import Datasets
import TensorCore

extension LanguageModelTrainer {
  /// How far training has come: what a file holds beside the configuration.
  struct Progress {
    var model: LanguageModel
    var steps: Int
    var optimizer: Adam
    var stream: WindowStream
    var dice: Philox
    var carried: RecurrentState?
    var lossSum: Double
    var lossCount: Int
  }

  /// Saves the model, the tokenizer and all that training needs to go on, in one file, atomically.
  public func save(to path: String) throws(CheckpointError) {
    try checkpoint().save(to: path)
  }

  /// What `save` writes.
  public func checkpoint() throws(CheckpointError) -> Checkpoint {
    var checkpoint = Checkpoint()
    try saved.write(to: &checkpoint)
    try checkpoint.setJSON(configuration, .configuration, "training")
    for (name, state) in optimizer.state {
      checkpoint.set(StoredArray(state.step), .optimizer, "step/\(name)")
      for (moment, tensor) in zip(Adam.momentNames, state.moments) {
        checkpoint.set(tensor, .optimizer, "\(moment)/\(name)")
      }
    }
    checkpoint.set(StoredArray(UInt64(steps)), .trainer, "step")
    checkpoint.set(StoredArray(lossSum), .trainer, "loss_sum")
    checkpoint.set(StoredArray(UInt64(lossCount)), .trainer, "loss_count")
    try checkpoint.setJSON(dice, .random, "dropout")
    try checkpoint.setJSON(corpus.identity, .data, "corpus")
    try checkpoint.setJSON(stream.cursor, .data, "cursor")
    for name in carried?.names ?? [] {
      if let carried { checkpoint.set(carried[name], .carry, name) }
    }
    return checkpoint
  }

  /// Reads how a file's training was configured.
  public static func configuration(
    in reader: CheckpointReader
  ) throws -> TrainingConfiguration {
    let configuration = try reader.json(TrainingConfiguration.self, .configuration, "training")
    try configuration.validate()
    return configuration
  }

  /// Training that goes on where a saved one stopped, to the bit.
  ///
  /// - Throws: `CheckpointError` for a file that is damaged or holds no training; ``ResumeMismatch`` where the
  ///   corpus is another one than the file was trained on.
  public init(resuming reader: CheckpointReader, _ corpus: TokenizedCorpus) throws {
    let configuration = try Self.configuration(in: reader)
    let identity = try reader.json(CorpusIdentity.self, .data, "corpus")
    guard identity == corpus.identity else {
      throw ResumeMismatch(
        what: "the text of \(configuration.dataset)", expected: "\(identity.line)",
        found: "\(corpus.identity.line)")
    }
    let saved = try SavedLanguageModel(reading: reader)
    guard saved.tokenizer.vocabulary == corpus.tokenizer.vocabulary else {
      throw ResumeMismatch(
        what: "the vocabulary", expected: "\(saved.tokenizer.vocabulary.count) tokens as saved",
        found: "\(corpus.tokenizer.vocabulary.count) others")
    }
    guard saved.model.configuration == configuration.model else {
      throw ResumeMismatch(
        what: "the model", expected: "the one that was trained", found: "other sizes")
    }
    var optimizer = Adam(learningRate: configuration.learningRate)
    optimizer.state = try Self.optimizerState(reader, saved.model)
    let cursor = try reader.json(WindowCursor.self, .data, "cursor")
    self.init(
      configuration, corpus,
      Progress(
        model: saved.model, steps: Int(clamping: try reader.value(UInt64.self, .trainer, "step")),
        optimizer: optimizer,
        stream: try WindowStream(
          corpus.training, windows: configuration.windows, resuming: cursor),
        dice: try reader.json(Philox.self, .random, "dropout"),
        carried: try Self.carriedState(reader, saved.model, configuration),
        lossSum: try reader.value(Double.self, .trainer, "loss_sum"),
        lossCount: Int(clamping: try reader.value(UInt64.self, .trainer, "loss_count"))))
  }

  private static func optimizerState(
    _ reader: CheckpointReader, _ model: LanguageModel
  ) throws -> [String: OptimizerState] {
    var states: [String: OptimizerState] = [:]
    for (name, parameter) in model.parameters
    where reader.contains(.optimizer, "step/\(name)") {
      let moments = try Adam.momentNames.map {
        try reader.tensor(.optimizer, "\($0)/\(name)", shape: parameter.shape)
      }
      states[name] = OptimizerState(
        step: try reader.value(UInt64.self, .optimizer, "step/\(name)"), moments: moments)
    }
    return states
  }

  private static func carriedState(
    _ reader: CheckpointReader, _ model: LanguageModel, _ configuration: TrainingConfiguration
  ) throws -> RecurrentState? {
    var state = model.zeroState(batch: 1)
    guard let first = state.names.first, reader.contains(.carry, first) else { return nil }
    for name in state.names {
      var shape = state[name].shape
      shape[1] = configuration.windows.batchSize
      state[name] = try reader.tensor(.carry, name, shape: shape)
    }
    return state
  }
}

/// What a file was trained with is not what training would go on with.
public struct ResumeMismatch: Error, Hashable, CustomStringConvertible {
  /// What differs.
  public let what: String
  /// What the file was trained with.
  public let expected: String
  /// What there is now.
  public let found: String

  /// One line with all three.
  public var description: String { "\(what) has changed: expected \(expected), found \(found)" }
}

extension CorpusIdentity {
  fileprivate var line: String {
    let digits = String(crc32, radix: 16)
    let padded = String(repeating: "0", count: 8 - digits.count) + digits
    return "\(byteCount) bytes with checksum \(padded)"
  }
}

extension CheckpointReader {
  /// Reads a tensor that must have a shape.
  fileprivate func tensor(
    _ section: Checkpoint.Section, _ name: String, shape: [Int]
  ) throws(CheckpointError) -> Tensor {
    let tensor = try tensor(section, name)
    guard tensor.shape == shape else {
      throw fail(.tensorShape(.init(section, name), expected: shape, found: tensor.shape))
    }
    return tensor
  }
}
