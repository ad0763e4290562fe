import Checkpoint
import Datasets
import TensorCore

/// A task for a ``Trainer``: a model, its training batches, their loss, its evaluation, and what a file must contain
/// for inference.
///
/// The trainer does everything else in the same way for every task: schedules, clipping, averaging, early stopping,
/// events, checkpoints that resume bit-exactly.
public protocol TrainingTask: Sendable {
  /// The model.
  associatedtype Model: Module
  /// The training data of one step.
  associatedtype Batch: Sendable
  /// The batches of an epoch.
  associatedtype Batches: BatchSequence<Batch>
  /// The data carried from a batch to the next one, such as a recurrent state; `Never` for none.
  associatedtype Carry: Sendable = Never
  /// The task's configuration, which is saved beside the weights.
  associatedtype Configuration: Codable & Sendable

  /// The task's configuration.
  var configuration: Configuration { get }

  /// A one-line description of the task.
  var line: String { get }

  /// Remarks on settings that rarely do what one hopes, each one sentence.
  var hints: [Hint] { get }

  /// What the speed is counted in: "characters".
  var unit: String { get }

  /// What the model chooses its answers from, for tasks whose answers are chosen.
  var choices: TaskChoices? { get }

  /// The data in one line; training goes on only where it is the same as it was.
  var dataIdentity: String { get }

  /// The number of batches of the first epoch, if it is known; another epoch may have one less.
  var batchesPerEpoch: Int? { get }

  /// The number of units that one epoch learns from, if it is known.
  var unitsPerEpoch: Int? { get }

  /// A model with random weights.
  func makeModel(using generator: inout Philox) -> Model

  /// The batches of a cursor's epoch, from the cursor's batch on.
  func batches(from cursor: BatchCursor, seed: UInt64) throws -> Batches

  /// The number of rows of a full batch, which shards are cut from; nil if batches cannot be cut.
  var rowsPerBatch: Int? { get }

  /// Some shards of the batches of a cursor's epoch, from the cursor's batch on. Only the rows of these shards need to be
  /// read.
  ///
  /// - Parameters:
  ///   - cursor: the epoch and the place in it.
  ///   - seed: the seed of the epochs' orders.
  ///   - shards: the shards to read.
  ///   - count: the number of all shards.
  func batches(
    from cursor: BatchCursor, seed: UInt64, shards: Range<Int>, of count: Int
  ) throws -> any BatchSequence<ShardedBatch<Batch>>

  /// The number of targets in a batch or shard, over which ``loss(of:on:from:at:using:)`` is the mean: its weight beside
  /// others.
  func targets(of batch: Batch) -> Int

  /// The number of units in a batch.
  func size(of batch: Batch) -> Int

  /// The scalar loss of a batch, the mean over its targets, and the data carried to the next batch.
  ///
  /// - Parameters:
  ///   - model: tracked, so that the loss can be differentiated.
  ///   - batch: the training data.
  ///   - carry: the data carried from the previous batch; nil at the start.
  ///   - moment: the progress of training.
  ///   - generator: the random generator of dropout.
  func loss(
    of model: Model, on batch: Batch, from carry: Carry?, at moment: TrainingMoment,
    using generator: inout Philox
  ) -> (loss: Tensor, carry: Carry?)

  /// Evaluates a model on data that it is not trained on; nil if there are none.
  ///
  /// - Throws: errors of reading the data.
  func evaluate(_ model: Model) throws -> Evaluation?

  /// What guessing gives on the data that ``evaluate(_:)`` measures on; nil if that is not known.
  ///
  /// - Throws: errors of reading the data.
  func baseline() throws -> Baseline?

  /// The loss that no model can beat, if that is known.
  var lossFloor: Double? { get }

  /// Evaluates a model together with other ranks; the result is the same for any number of them.
  ///
  /// - Throws: errors of reading the data; ``PeerFailure``.
  func evaluate(_ model: Model, sharing share: EvaluationShare) throws -> Evaluation?

  /// Adds the model and everything that inference needs to a checkpoint.
  func write(_ model: Model, to checkpoint: inout Checkpoint) throws(CheckpointError)

  /// Reads the model written by `write`, and checks that it fits this task.
  func model(reading reader: CheckpointReader) throws -> Model

  /// Adds the carried data to a checkpoint.
  func write(_ carry: Carry, to checkpoint: inout Checkpoint) throws(CheckpointError)

  /// Reads the carried data of a shard, or of the whole batch; nil if the file has none.
  func carry(reading reader: CheckpointReader, for model: Model, of shard: Shard) throws -> Carry?
}

/// A sequence of batches to the end of an epoch.
public protocol BatchSequence<Batch>: Sendable {
  /// What one step learns from.
  associatedtype Batch: Sendable

  /// The position of the next batch.
  var cursor: BatchCursor { get }

  /// The next batch; nil at the end.
  ///
  /// - Throws: errors of the data, which may be read on demand.
  mutating func next() throws -> Batch?
}

/// The elements of a collection as batches, from a position on.
public struct CollectionBatches<Elements: RandomAccessCollection & Sendable>: BatchSequence
where Elements.Element: Sendable, Elements.Index == Int {
  private let elements: Elements
  /// The position of the next element.
  public private(set) var cursor: BatchCursor

  /// The elements from the cursor's position on.
  public init(_ elements: Elements, from cursor: BatchCursor = BatchCursor()) {
    self.elements = elements
    self.cursor = cursor
  }

  /// The next element.
  public mutating func next() -> Elements.Element? {
    guard cursor.position < elements.count else { return nil }
    defer { cursor = BatchCursor(epoch: cursor.epoch, position: cursor.position + 1) }
    return elements[elements.startIndex + cursor.position]
  }
}

/// The tokens, classes or tags that a model chooses its answers from.
public struct TaskChoices: Sendable, Hashable {
  /// The number of them.
  public let count: Int
  /// What they are, in the plural: "classes".
  public let noun: String

  /// A number and a noun in the plural.
  public init(count: Int, noun: String) {
    self.count = count
    self.noun = noun
  }
}

/// How far training is when a loss is asked for.
public struct TrainingMoment: Sendable, Hashable {
  /// The number of completed steps.
  public let step: Int
  /// The total number of steps, if known.
  public let totalSteps: Int?
  /// Label smoothing: the share of a target's probability that is spread over all classes.
  public let labelSmoothing: Double
  /// The shard whose loss is asked for.
  public let shard: Shard

  /// A moment of training.
  public init(step: Int, totalSteps: Int?, labelSmoothing: Double = 0, shard: Shard = .whole) {
    self.shard = shard
    self.step = step
    self.totalSteps = totalSteps
    self.labelSmoothing = labelSmoothing
  }
}

extension TrainingTask {
  /// None.
  public var hints: [Hint] { [] }
  /// None.
  public var choices: TaskChoices? { nil }
  /// Nil: batches are not cut.
  public var rowsPerBatch: Int? { nil }
  /// Nil: not known.
  public func baseline() throws -> Baseline? { nil }
  /// Nil: not known.
  public var lossFloor: Double? { nil }
  /// The number of units.
  public func targets(of batch: Batch) -> Int { size(of: batch) }

  /// Whole batches as the last of the shards, for batches that cannot be cut.
  public func batches(
    from cursor: BatchCursor, seed: UInt64, shards: Range<Int>, of count: Int
  ) throws -> any BatchSequence<ShardedBatch<Batch>> {
    let task = self
    return ShardedBatches(try batches(from: cursor, seed: seed)) { batch in
      ShardedBatch(
        shards: shards.map { $0 == count - 1 ? batch : nil }, size: task.size(of: batch))
    }
  }

  /// Every rank evaluates the model alone.
  public func evaluate(_ model: Model, sharing share: EvaluationShare) throws -> Evaluation? {
    try evaluate(model)
  }
}

extension TrainingTask where Carry == Never {
  /// Nothing is carried.
  public func write(_ carry: Never, to checkpoint: inout Checkpoint) throws(CheckpointError) {}
  /// Nothing is carried.
  public func carry(
    reading reader: CheckpointReader, for model: Model, of shard: Shard
  ) throws -> Never? { nil }
}
