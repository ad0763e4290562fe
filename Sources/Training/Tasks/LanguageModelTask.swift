import Cells
import Checkpoint
import Datasets
import FileCore
import Models
import Requirements
import TensorCore

/// Trains a language model on a corpus.
public typealias LanguageModelTrainer = Trainer<LanguageModelTask>

/// Language modelling: trains a `LanguageModel` on a corpus, window by window.
///
/// ```swift
/// let corpus = try TokenizedCorpus(CorpusRegistry.standard.corpus("tales"))
/// var trainer = try LanguageModelTrainer(LanguageModelTask(configuration, corpus), TrainingSettings())
/// ```
public struct LanguageModelTask: TrainingTask {
  /// The data carried from a window to the next one.
  public enum Carry: Sendable {
    /// Only the state.
    case state(RecurrentState)
    /// The state and a gradient engine's memory. Copies of a trainer share it.
    case memory(RecurrentMemory)
  }

  public let configuration: Configuration
  /// The text.
  public let corpus: TokenizedCorpus
  public let batchesPerEpoch: Int?
  public var unit: String { configuration.tokenization == .corpus ? "characters" : "tokens" }

  /// A task of training on a corpus.
  ///
  /// - Throws: `InvalidSetting`, or `DatasetError` if the text is too short for one batch, or its tokens too long for a model's file.
  public init(_ configuration: Configuration, _ corpus: TokenizedCorpus) throws {
    try configuration.validate()
    try SavedLanguageModel.checkNames(of: corpus.tokenizer, in: configuration.dataset)
    try InvalidSetting.checkMemory(
      of: LanguageModel(
        configuration.model, vocabularySize: corpus.tokenizer.vocabulary.count))
    self.configuration = configuration
    self.corpus = corpus
    do throws(DatasetError) {
      batchesPerEpoch = try WindowEpoch(
        corpus.training, windows: configuration.windows, seed: 0, number: 0
      ).count
    } catch {
      guard case .tooShort(let tokens, let needed) = error else { throw error }
      throw DatasetError.badArgument(
        dataset: configuration.dataset,
        expected: "a text of at least \(needed.counted("tokens")) to train on, for one batch",
        found: tokens.grouped)
    }
  }

  /// The task of a saved training run, on the same text.
  ///
  /// - Throws: `CheckpointError`, `InvalidSetting`, or `DatasetError`.
  public init(resuming reader: CheckpointReader, _ corpus: TokenizedCorpus) throws {
    try self.init(LanguageModelTrainer.configuration(in: reader), corpus)
  }

  public var line: String {
    let (m, w) = (configuration.model, configuration.windows)
    return
      "\(m.cell.name) of \(m.layers) x \(m.hiddenSize.counted("units")) on \(configuration.dataset): "
      + "embedding \(m.embeddingSize), batch \(w.batchSize), \(w.sequenceLength.counted("steps")), \(w.sampling)"
      + (configuration.engine == .bptt ? "" : ", \(configuration.engine.title)")
  }

  public var hints: [Hint] {
    let model = configuration.model
    return Hint.all(
      cell: model.cell.name, layers: model.layers, steps: configuration.windows.sequenceLength)
  }

  public var choices: TaskChoices? {
    TaskChoices(count: corpus.tokenizer.vocabulary.count, noun: "tokens")
  }

  public var dataIdentity: String {
    "a text of \(corpus.identity.byteCount) bytes with checksum \(hexadecimal(corpus.identity.crc32, digits: 8))"
  }

  public func makeModel(using generator: inout Philox) -> LanguageModel {
    LanguageModel(
      configuration.model, vocabularySize: corpus.tokenizer.vocabulary.count, using: &generator)
  }

  public func batches(
    from cursor: BatchCursor, seed: UInt64
  ) throws -> CollectionBatches<WindowEpoch> {
    let epoch = try WindowEpoch(
      corpus.training, windows: configuration.windows, seed: seed, number: cursor.epoch)
    return CollectionBatches(epoch, from: cursor)
  }

  public var unitsPerEpoch: Int? {
    let windows = configuration.windows
    return batchesPerEpoch.map { $0 * windows.batchSize * windows.sequenceLength }
  }

  public var rowsPerBatch: Int? { configuration.windows.batchSize }

  public func batches(
    from cursor: BatchCursor, seed: UInt64, shards: Range<Int>, of count: Int
  ) throws -> any BatchSequence<ShardedBatch<TokenBatch>> {
    let epoch = try WindowEpoch(
      corpus.training, windows: configuration.windows, seed: seed, number: cursor.epoch)
    let rows = configuration.windows.batchSize
    let size = rows * configuration.windows.sequenceLength
    return ShardedBatches(CollectionBatches(epoch.indices, from: cursor)) { position in
      let parts = shards.map { Shard($0, of: count).rows(of: rows) }
      return ShardedBatch(
        shards: parts.map { $0.isEmpty ? nil : epoch.batch(at: position, rows: $0) }, size: size)
    }
  }

  public func targets(of batch: TokenBatch) -> Int { batch.targets.count }

  public func size(of batch: TokenBatch) -> Int { batch.inputs.count }

  public func loss(
    of model: LanguageModel, on batch: TokenBatch, from carry: Carry?,
    at moment: TrainingMoment, using generator: inout Philox
  ) -> (loss: Tensor, carry: Carry?) {
    let goesOn = configuration.carriesState && batch.continuesPrevious
    let shape = [batch.batchSize, batch.sequenceLength]
    var (logits, left): (Tensor, Carry?)
    if configuration.engine == .bptt {
      var before = model.zeroState(batch: batch.batchSize)
      if goesOn, case .state(let state) = carry { before = state }
      let after: RecurrentState
      (logits, after) = model(batch.inputs, shape: shape, from: before, using: &generator)
      left = configuration.carriesState ? .state(after.detached()) : nil
    } else {
      let memory = memory(
        of: model, from: carry, goesOn: goesOn, batch: batch.batchSize, moment.shard)
      logits = model(batch.inputs, shape: shape, with: memory, using: &generator)
      left = .memory(memory)
    }
    let loss = crossEntropy(logits, batch.targets, labelSmoothing: moment.labelSmoothing)
    return (loss, left)
  }

  private func memory(
    of model: LanguageModel, from carry: Carry?, goesOn: Bool, batch: Int, _ shard: Shard
  ) -> RecurrentMemory {
    guard case .memory(let memory) = carry else {
      return newMemory(of: model, batch: batch, shard)
    }
    if !goesOn { memory.reset() }
    return memory
  }

  private func newMemory(of model: LanguageModel, batch: Int, _ shard: Shard) -> RecurrentMemory {
    var engine = configuration.engine
    // The random signs of shards are independent of each other.
    if case .uoro(let seed) = engine { engine = .uoro(seed: seed &+ UInt64(shard.index) << 32) }
    do throws(UnsuitableEngine) {
      return try model.memory(engine: engine, batch: batch)
    } catch {
      failure("an engine that was validated: \(error)")
    }
  }

  /// The mean loss on the validation text in nats, with the state carried through it; nil if there is too little
  /// validation text.
  public func evaluate(_ model: LanguageModel) -> Evaluation? {
    validationBatches.map { evaluation(of: model, loss: model.meanLoss(on: $0)) }
  }

  public func baseline() -> Baseline? { Baseline(corpus) }

  public var lossFloor: Double? { corpus.validationFloor }

  /// Each shard of the batches' rows is evaluated alone.
  public func evaluate(
    _ model: LanguageModel, sharing share: EvaluationShare
  ) throws -> Evaluation? {
    guard let batches = validationBatches else { return nil }
    let own = share.parts.map { part in
      model.loss(on: batches, of: Shard(part, of: share.count))
    }
    let all = try share.all(own)
    let count = all.reduce(0) { $0 + $1.count }
    let loss = all.reduce(0) { $0 + Double(bitPattern: $1.loss) } / Double(max(1, count))
    return evaluation(of: model, loss: loss, isShown: share.isShown)
  }

  /// The windows of the validation text; nil if there is too little of it.
  private var validationBatches: WindowEpoch? {
    let length = min(configuration.windows.sequenceLength, corpus.validation.count - 1)
    guard length > 0 else { return nil }
    let windows = Windows(
      .sequential, batchSize: configuration.windows.batchSize, sequenceLength: length, offset: 0)
    guard let fitting = windows.shrunk(toFit: corpus.validation.count) else { return nil }
    return try? WindowEpoch(corpus.validation, windows: fitting, seed: 0, number: 0)
  }

  private func evaluation(
    of model: LanguageModel, loss: Double, isShown: Bool = true
  ) -> Evaluation {
    var evaluation = Evaluation(nats: loss, charactersPerToken: corpus.charactersPerToken)
    guard isShown else { return evaluation }
    let text = SavedLanguageModel(model, corpus.tokenizer)
      .generation(sampler: Sampler(temperature: 0.8), seed: 1)
    evaluation.samples = [text.prefix(200).joined()]
    return evaluation
  }

  public func write(
    _ model: LanguageModel, to checkpoint: inout Checkpoint
  ) throws(CheckpointError) {
    try SavedLanguageModel(model, corpus.tokenizer).write(to: &checkpoint)
  }

  public func model(reading reader: CheckpointReader) throws -> LanguageModel {
    let saved = try SavedLanguageModel(reading: reader)
    try ResumeMismatch.check(saved.tokenizer, corpus.tokenizer, of: reader.file)
    try ResumeMismatch.check(
      "model", saved.model.configuration, configuration.model, of: reader.file)
    return saved.model
  }

  public func write(
    _ carry: Carry, to checkpoint: inout Checkpoint
  ) throws(CheckpointError) {
    switch carry {
    case .state(let state):
      for name in state.names { checkpoint.set(state[name], .carry, name) }
    case .memory(let memory): try memory.write(to: &checkpoint)
    }
  }

  public func carry(
    reading reader: CheckpointReader, for model: LanguageModel, of shard: Shard
  ) throws -> Carry? {
    let batch = shard.rows(of: configuration.windows.batchSize).count
    if configuration.engine != .bptt {
      guard RecurrentMemory.isSaved(in: reader) else { return nil }
      let memory = newMemory(of: model, batch: batch, shard)
      try memory.restore(from: reader)
      return .memory(memory)
    }
    var state = model.zeroState(batch: 1)
    guard let first = state.names.first, reader.contains(.carry, first) else { return nil }
    for name in state.names {
      var shape = state[name].shape
      shape[1] = batch
      state[name] = try reader.tensor(.carry, name, shape: shape)
    }
    return .state(state)
  }
}

extension Trainer where Task == LanguageModelTask {
  /// The model with its tokenizer, ready to save.
  public var saved: SavedLanguageModel { SavedLanguageModel(result, task.corpus.tokenizer) }
}

extension LanguageModel {
  /// The mean loss in nats over the batches of a text, with the state carried from batch to batch.
  func meanLoss(on batches: WindowEpoch) -> Double {
    guard let first = batches.first else { return .nan }
    var state = zeroState(batch: first.batchSize)
    var sum = 0.0
    for batch in batches {
      let logits: Tensor
      (logits, state) = self(
        batch.inputs, shape: [batch.batchSize, batch.sequenceLength], from: state)
      sum += Double(crossEntropy(logits, batch.targets).scalar)
    }
    return sum / Double(batches.count)
  }

  /// The sum of the losses in nats over a shard of the rows, and the number of targets.
  fileprivate func loss(on batches: WindowEpoch, of shard: Shard) -> LossSum {
    let rows = shard.rows(of: batches.batchSize)
    guard !rows.isEmpty else { return LossSum(loss: (0.0).bitPattern, count: 0) }
    var state = zeroState(batch: rows.count)
    var (sum, count) = (0.0, 0)
    for position in batches.indices {
      let batch = batches.batch(at: position, rows: rows)
      let logits: Tensor
      (logits, state) = self(
        batch.inputs, shape: [batch.batchSize, batch.sequenceLength], from: state)
      sum += Double(crossEntropy(logits, batch.targets).scalar) * Double(batch.targets.count)
      count += batch.targets.count
    }
    return LossSum(loss: sum.bitPattern, count: count)
  }
}

/// The bits of a sum of losses, and the number of targets.
private struct LossSum: Codable, Sendable {
  var loss: UInt64
  var count: Int
}

extension Evaluation {
  /// The evaluation of a language model with a loss in nats per token.
  init(nats loss: Double, charactersPerToken: Double = 1) {
    self.init(
      loss: loss,
      metrics: [
        Metric("bits per character", bits(nats: loss / charactersPerToken)),
        Metric("perplexity", perplexity(nats: loss)),
      ])
  }
}
