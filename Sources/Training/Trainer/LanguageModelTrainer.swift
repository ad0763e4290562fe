import Cells
import Checkpoint
import Datasets
import TensorCore

/// Trains a language model on a corpus; it can be stopped after any step, saved, and goes on to the bit.
///
/// ```swift
/// let corpus = try TokenizedCorpus(CorpusRegistry.standard.corpus("tales"))
/// var trainer = try LanguageModelTrainer(configuration, corpus)
/// trainer.run { event in if case .epoch(let epoch) = event { print(epoch.loss) } }
/// try trainer.save(to: "model.rnnz")
/// ```
///
/// Training that was stopped, saved and resumed ends with the same bits as training that was not.
public struct LanguageModelTrainer: Sendable {
  /// What decides how it trains.
  public let configuration: TrainingConfiguration
  /// What it trains on.
  public let corpus: TokenizedCorpus
  /// The model as it is now.
  public private(set) var model: LanguageModel
  /// Steps done.
  public private(set) var steps = 0

  var optimizer: Adam
  var stream: WindowStream
  /// Draws what is dropped.
  var dice: Philox
  /// The state that the next batch goes on from.
  var carried: RecurrentState?
  /// The losses of the epoch at hand.
  var lossSum = 0.0
  var lossCount = 0

  /// Training from the start.
  ///
  /// - Throws: ``InvalidSetting``, or `DatasetError` where the text is too short for one batch.
  public init(_ configuration: TrainingConfiguration, _ corpus: TokenizedCorpus) throws {
    try configuration.validate()
    self.configuration = configuration
    self.corpus = corpus
    var generator = Philox(seed: configuration.seed)
    model = LanguageModel(
      configuration.model, vocabularySize: corpus.tokenizer.vocabulary.count, using: &generator)
    optimizer = Adam(learningRate: configuration.learningRate)
    dice = Philox(seed: configuration.seed, stream: 1)
    stream = try WindowStream(
      corpus.training, windows: configuration.windows, seed: configuration.seed)
  }

  /// Training that goes on from what a file holds.
  init(
    _ configuration: TrainingConfiguration, _ corpus: TokenizedCorpus, _ progress: Progress
  ) {
    self.configuration = configuration
    self.corpus = corpus
    model = progress.model
    steps = progress.steps
    optimizer = progress.optimizer
    stream = progress.stream
    dice = progress.dice
    carried = progress.carried
    lossSum = progress.lossSum
    lossCount = progress.lossCount
  }

  /// The model with its tokenizer, ready to write.
  public var saved: SavedLanguageModel { SavedLanguageModel(model, corpus.tokenizer) }

  /// Steps in all. An epoch whose offset is drawn may have a step less than the first one.
  public var totalSteps: Int { configuration.epochs * stream.epoch.count }

  /// Whether all epochs are done.
  public var isFinished: Bool { stream.cursor.epoch >= configuration.epochs }

  /// Trains until all epochs are done, or until it is asked to stop, which is after every step.
  public mutating func run(
    until shouldStop: () -> Bool = { false }, _ report: (TrainingEvent) -> Void
  ) {
    report(.started(start))
    while !isFinished {
      if shouldStop() {
        report(.stopped(steps: steps))
        return
      }
      let epoch = stream.cursor.epoch
      report(.step(step()))
      if stream.cursor.epoch > epoch { report(.epoch(endEpoch(epoch))) }
    }
    report(.finished)
  }

  private var start: TrainingEvent.Start {
    let windows = configuration.windows
    return TrainingEvent.Start(
      parameterCount: model.parameterCount, vocabularySize: model.vocabularySize,
      tokensPerEpoch: stream.epoch.count * windows.batchSize * windows.sequenceLength,
      steps: steps, totalSteps: totalSteps)
  }

  private mutating func step() -> TrainingEvent.Step {
    let epoch = stream.cursor.epoch
    let batch = stream.nextBatch()
    let shape = [batch.batchSize, batch.sequenceLength]
    let goesOn = configuration.carriesState && batch.continuesPrevious
    let before = (goesOn ? carried : nil) ?? model.zeroState(batch: batch.batchSize)
    var dice = dice
    let (loss, after, gradients) = valueAndGradient(of: model) { model in
      let (logits, state) = model(batch.inputs, shape: shape, from: before, using: &dice)
      return (crossEntropy(logits, batch.targets), state)
    }
    self.dice = dice
    carried = configuration.carriesState ? after.detached() : nil
    optimizer.learningRate = learningRate
    let norm = optimizer.update(&model, with: gradients, maximumNorm: configuration.clip)
    steps += 1
    lossSum += Double(loss.scalar)
    lossCount += 1
    return TrainingEvent.Step(
      number: steps, epoch: epoch + 1, totalSteps: totalSteps, loss: Double(loss.scalar),
      gradientNorm: norm, learningRate: optimizer.learningRate, tokens: batch.inputs.count)
  }

  private var learningRate: Double {
    switch configuration.schedule {
    case .constant: return configuration.learningRate
    case .cosine:
      let progress = min(1, Double(steps) / Double(max(1, totalSteps)))
      return configuration.learningRate * 0.5 * (1 + cosine(.pi * progress))
    }
  }

  private mutating func endEpoch(_ epoch: Int) -> TrainingEvent.Epoch {
    defer { (lossSum, lossCount) = (0, 0) }
    return TrainingEvent.Epoch(
      number: epoch + 1, loss: lossSum / Double(max(1, lossCount)),
      validationLoss: validationLoss())
  }

  /// The mean loss on the validation text in nats, with the state carried all through it; nil if there is no
  /// validation text, or too little of it.
  public func validationLoss() -> Double? {
    let windows = Windows(
      .sequential, batchSize: configuration.windows.batchSize,
      sequenceLength: configuration.windows.sequenceLength, offset: 0)
    guard let fitting = windows.shrunk(toFit: corpus.validation.count),
      let batches = try? WindowEpoch(corpus.validation, windows: fitting, seed: 0, number: 0)
    else { return nil }
    var state = model.zeroState(batch: fitting.batchSize)
    var sum = 0.0
    for batch in batches {
      let logits: Tensor
      (logits, state) = model(
        batch.inputs, shape: [batch.batchSize, batch.sequenceLength], from: state)
      sum += Double(crossEntropy(logits, batch.targets).scalar)
    }
    return sum / Double(batches.count)
  }
}
