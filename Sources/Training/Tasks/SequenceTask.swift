import Checkpoint
import Datasets
import FileCore
import Models
import TensorCore

/// Trains a `SequenceNetwork` on the samples of a dataset of any shape, with the loss and the metrics for its kind of
/// answer.
///
/// ```swift
/// let dataset = try DatasetRegistry.standard.dataset("adding:100")
/// let task = try SequenceTask(.init(dataset: "adding:100", model: model), dataset)
/// var trainer = try Trainer(task, settings)
/// ```
///
/// The loss is the cross-entropy for classes and tokens, the squared error for numbers, or that of the model's
/// `OutputHead`.
public struct SequenceTask: TrainingTask {
  /// What is learned from what.
  public struct Configuration: Codable, Hashable, Sendable {
    /// The dataset's name, or the path of a file.
    public var dataset: String
    /// How the dataset is read, where it is a file.
    public var files: FileOptions?
    /// The model's options and sizes.
    public var model: ModelConfiguration
    /// B, the number of samples of a batch.
    public var batchSize = 64
    /// The number of batches in a pool of samples that is sorted by length; 1 for no sorting.
    public var bucketPool = 1

    /// Batches of 64 samples, unsorted.
    public init(dataset: String, model: ModelConfiguration) {
      self.dataset = dataset
      self.model = model
    }
  }

  public let configuration: Configuration
  /// The samples.
  public private(set) var samples: TaskSamples
  /// The language that judges generated sequences, if the dataset has one.
  public let language: (any SequenceLanguage)?
  /// The model's input and answer.
  public let interface: SequenceInterface
  public let unit = "samples"

  let collator: PaddingCollator

  /// A task of training on a dataset, which is read.
  ///
  /// - Throws: `InvalidSetting`, or errors of reading.
  public init(_ configuration: Configuration, _ dataset: any Dataset) throws {
    try self.init(
      configuration, samples: dataset.read(), language: dataset as? any SequenceLanguage)
  }

  /// A task of training on samples.
  ///
  /// - Throws: `InvalidSetting`, or `DatasetError` for names of columns, classes or tokens that are too long for a model's file.
  public init(
    _ configuration: Configuration, samples: TaskSamples, language: (any SequenceLanguage)? = nil
  ) throws {
    interface = SequenceInterface(samples)
    try InvalidSetting.checkBatch(size: configuration.batchSize, steps: 1)
    try InvalidSetting.check("bucket pool", configuration.bucketPool, in: 1...1024)
    try configuration.model.validate(for: interface)
    try configuration.model.head.checkCounts(in: samples)
    try SavedSequenceModel.checkNames(
      of: interface, configuration.model, in: configuration.dataset)
    try InvalidSetting.checkMemory(of: SequenceNetwork(configuration.model, interface))
    self.configuration = configuration
    self.samples = samples
    if configuration.model.head.hasOwnLoss { self.samples.levels = nil }
    self.language = language
    collator = PaddingCollator(
      batchSize: configuration.batchSize, bucketPool: configuration.bucketPool)
  }

  public var line: String {
    let model = configuration.model
    let directions = model.isBidirectional ? " in both directions" : ""
    return
      "\(model.cell.name) of \(model.layers) x \(model.hiddenSize.counted("units"))\(directions) on "
      + "\(configuration.dataset), \(interface.input.word) to \(interface.target.word): "
      + "batch \(configuration.batchSize)"
  }

  public var hints: [Hint] {
    let model = configuration.model
    let steps = try? samples.training.firstLength
    var hints = Hint.all(cell: model.cell.name, layers: model.layers, steps: steps ?? 0)
    if interface.shape == .manyToManyInStep, model.isBidirectional, !interface.target.isDiscrete {
      hints.append(.forecasterReadsAhead)
    }
    // Where both sides have the same names, the answer is the next symbol, and must be predicted.
    if interface.shape == .manyToManyInStep, !model.isBidirectional, interface.target.isDiscrete,
      interface.input.names != interface.target.names
    {
      hints.append(.taggerReadsOneDirection)
    }
    return hints
  }

  public var choices: TaskChoices? {
    switch interface.target {
    case .label: TaskChoices(count: interface.target.size, noun: "classes")
    case .symbols where interface.shape == .manyToManyInStep:
      TaskChoices(count: interface.target.size, noun: "tags")
    case .symbols: TaskChoices(count: interface.target.size, noun: "symbols")
    case .text: TaskChoices(count: interface.target.size, noun: "tokens")
    case .features, .vector: nil
    }
  }

  public var dataIdentity: String {
    let count = samples.training.count.map(String.init) ?? "a stream of"
    return "\(count) samples of \(interface.input.word) (\(interface.input.size)) to "
      + "\(interface.target.word) (\(interface.target.size)), "
      + "the first with checksum \(hexadecimal(samples.training.firstChecksum, digits: 8))"
  }

  public var unitsPerEpoch: Int? { samples.training.count }

  public var batchesPerEpoch: Int? { samples.training.count.map(collator.batchCount) }

  public func makeModel(using generator: inout Philox) -> SequenceNetwork {
    SequenceNetwork(configuration.model, interface, using: &generator)
  }

  public func batches(from cursor: BatchCursor, seed: UInt64) throws -> SampleEpoch {
    try SampleEpoch(samples, samples.training, collator: collator, seed: seed, from: cursor)
  }

  public var rowsPerBatch: Int? { configuration.batchSize }

  public func size(of batch: SampleBatch) -> Int { batch.count }

  public func targets(of batch: SampleBatch) -> Int {
    interface.countedTargets(of: batch)
  }

  public func loss(
    of model: SequenceNetwork, on batch: SampleBatch, from carry: Never?, at moment: TrainingMoment,
    using generator: inout Philox
  ) -> (loss: Tensor, carry: Never?) {
    let smoothing = moment.labelSmoothing
    switch model {
    case .reader(let model):
      let outputs = model(batch.input, using: &generator)
      return (model.loss(of: outputs, for: batch, labelSmoothing: smoothing), nil)
    case .writer(let model):
      let answers = batch.target.decoderTokens(tokenCount: model.tokenCount)
      let logits = model(batch.input, answers: answers, using: &generator)
      return (crossEntropy(logits, answers.targets, labelSmoothing: smoothing), nil)
    case .translator(let model):
      let answers = batch.target.decoderTokens(tokenCount: model.tokenCount)
      let share = configuration.model.teacherForcing.share(step: moment.step)
      let logits = model(batch.input, answers: answers, teacherForcing: share, using: &generator)
      return (crossEntropy(logits, answers.targets, labelSmoothing: smoothing), nil)
    }
  }

  public func evaluate(_ model: SequenceNetwork) throws -> Evaluation? {
    guard let validation = samples.validation else { return nil }
    let batches = try SampleEpoch(samples, validation, collator: collator)
    return try SequenceEvaluator(saved(model), language: language).evaluate([batches])
  }

  /// The loss of guessing that the task's levels state, or what guesses give on the validation samples.
  public func baseline() throws -> Baseline? {
    guard let levels = samples.levels else {
      return try Baseline(samples, head: configuration.model.head)
    }
    return Baseline(method: "alone", loss: levels.baseline, accuracy: nil)
  }

  /// The model with its interface, ready to save.
  public func saved(_ model: SequenceNetwork) -> SavedSequenceModel {
    SavedSequenceModel(model, interface)
  }

  public func write(
    _ model: SequenceNetwork, to checkpoint: inout Checkpoint
  ) throws(CheckpointError) {
    try saved(model).write(to: &checkpoint)
  }

  public func model(reading reader: CheckpointReader) throws -> SequenceNetwork {
    let saved = try SavedSequenceModel(reading: reader)
    for (side, now, word) in [
      (saved.interface.input, interface.input, "input"),
      (saved.interface.target, interface.target, "target"),
    ] {
      try ResumeMismatch.checkNames(
        side.names, now.names, what: "\(word)'s vocabulary", of: reader.file)
    }
    try ResumeMismatch.check("the data", saved.interface, interface, of: reader.file)
    try ResumeMismatch.check(
      "model", saved.model.configuration, configuration.model, of: reader.file)
    return saved.model
  }
}

extension SampleEpoch: BatchSequence {}

extension SampleSource {
  /// The CRC-32 of the first 256 samples: the bytes of their IDs and numbers.
  fileprivate var firstChecksum: UInt32 {
    var (place, checksum) = (SamplePlace(), CRC32())
    for sample in (try? samples(from: &place, limit: 256)) ?? [] {
      for value in [sample.input, sample.target] { checksum.update(value.littleEndianBytes) }
    }
    return checksum.value
  }

  /// The number of steps of the first sample's input.
  fileprivate var firstLength: Int? {
    get throws {
      var place = SamplePlace()
      return try samples(from: &place, limit: 1).first?.input.length
    }
  }
}

extension SampleValue {
  /// The IDs or numbers, 32 bits each.
  fileprivate var littleEndianBytes: [UInt8] {
    let words: [UInt32] =
      switch self {
      case .tokens(let ids): ids.map { UInt32(bitPattern: $0) }
      case .label(let id): [UInt32(bitPattern: id)]
      case .features(let sequence): sequence.values.map(\.bitPattern)
      case .vector(let numbers): numbers.map(\.bitPattern)
      }
    return words.flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }
}
