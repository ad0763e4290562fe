import Checkpoint
import Datasets
import TensorCore

/// What a ``Trainer`` trains: a model, the batches that it learns from, what their loss is, how it is
/// measured, and what a file must hold so that it can be used.
///
/// The trainer does everything else, the same for every task: schedules, clipping, averages, early
/// stopping, events, checkpoints that go on to the bit.
public protocol TrainingTask: Sendable {
  /// What learns.
  associatedtype Model: Module
  /// What one step learns from.
  associatedtype Batch: Sendable
  /// The batches of an epoch.
  associatedtype Batches: BatchSequence<Batch>
  /// What a batch leaves for the next one, such as a recurrent state; `Never` if nothing.
  associatedtype Carry: Sendable = Never
  /// What decides what is learned from what; it is saved beside the weights.
  associatedtype Configuration: Codable & Sendable

  /// What decides what is learned from what.
  var configuration: Configuration { get }

  /// One line that says what is learned from what.
  var line: String { get }

  /// Remarks on settings that rarely do what one hopes, each one sentence.
  var hints: [String] { get }

  /// What the speed is counted in: "characters".
  var unit: String { get }

  /// How many different tokens or classes there are to tell apart, for tasks that tell any apart.
  var vocabularySize: Int? { get }

  /// The data in one line; training goes on only where it is the same as it was.
  var dataIdentity: String { get }

  /// The number of batches of the first epoch, if it is known; another epoch may have one less.
  var batchesPerEpoch: Int? { get }

  /// A model with random weights.
  func makeModel(using generator: inout Philox) -> Model

  /// The batches of the epoch that a cursor is in, from the cursor's batch on.
  func batches(from cursor: BatchCursor, seed: UInt64) throws -> Batches

  /// How many units a batch has that are learned from.
  func size(of batch: Batch) -> Int

  /// The loss of a batch, a scalar, and what is left for the next batch.
  ///
  /// - Parameters:
  ///   - model: tracked, so that the loss can be differentiated.
  ///   - batch: what to learn from.
  ///   - carry: what the batch before it left; nil at the start.
  ///   - moment: how far training is.
  ///   - dice: draws what is dropped.
  func loss(
    of model: Model, on batch: Batch, from carry: Carry?, at moment: TrainingMoment,
    using dice: inout Philox
  ) -> (loss: Tensor, carry: Carry?)

  /// Measures a model on data that it does not learn from; nil where there are none.
  ///
  /// - Throws: what is wrong with data that are read only now.
  func evaluate(_ model: Model) throws -> Evaluation?

  /// Adds the model and everything that inference needs to a checkpoint.
  func write(_ model: Model, to checkpoint: inout Checkpoint) throws(CheckpointError)

  /// Reads the model that `write` wrote, and checks that it is this task's.
  func model(reading reader: CheckpointReader) throws -> Model

  /// Adds what a batch left for the next one to a checkpoint.
  func write(_ carry: Carry, to checkpoint: inout Checkpoint) throws(CheckpointError)

  /// Reads what a batch left for the next one; nil if the file has nothing of the kind.
  func carry(reading reader: CheckpointReader, for model: Model) throws -> Carry?
}

/// Batches one after the other, to the end of an epoch.
public protocol BatchSequence<Batch>: Sendable {
  /// What one step learns from.
  associatedtype Batch: Sendable

  /// The place of the next batch.
  var cursor: BatchCursor { get }

  /// The next batch, or nil at the end.
  ///
  /// - Throws: what is wrong with the data, which may be read only now.
  mutating func next() throws -> Batch?
}

/// The elements of a collection, from a position on, as batches.
public struct CollectionBatches<Elements: RandomAccessCollection & Sendable>: BatchSequence
where Elements.Element: Sendable, Elements.Index == Int {
  private let elements: Elements
  /// The place of the next element.
  public private(set) var cursor: BatchCursor

  /// From the element at the cursor's position on, counted from the first.
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

/// How far training is when a loss is asked for.
public struct TrainingMoment: Sendable, Hashable {
  /// Steps done before this one.
  public let step: Int
  /// Steps in all, if that is known.
  public let totalSteps: Int?
  /// The share of a target's probability that is spread over all classes.
  public let labelSmoothing: Double

  /// A moment.
  public init(step: Int, totalSteps: Int?, labelSmoothing: Double = 0) {
    self.step = step
    self.totalSteps = totalSteps
    self.labelSmoothing = labelSmoothing
  }
}

extension TrainingTask {
  /// None.
  public var hints: [String] { [] }
  /// None.
  public var vocabularySize: Int? { nil }
}

extension TrainingTask where Carry == Never {
  /// Nothing is carried.
  public func write(_ carry: Never, to checkpoint: inout Checkpoint) throws(CheckpointError) {}
  /// Nothing is carried.
  public func carry(reading reader: CheckpointReader, for model: Model) throws -> Never? { nil }
}
