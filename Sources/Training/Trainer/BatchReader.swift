import Datasets
import Models

/// Reads the own shards of a task's batches, epoch after epoch; reads one batch ahead, to detect the end of an epoch.
struct BatchReader<Task: TrainingTask>: Sendable {
  /// The position of the next batch.
  private(set) var cursor: BatchCursor
  private let shards: Range<Int>
  private let count: Int
  private var batches: any BatchSequence<ShardedBatch<Task.Batch>>
  private var ahead: ShardedBatch<Task.Batch>?

  /// A reader from a position on.
  ///
  /// - Parameters:
  ///   - shards: the shards to read.
  ///   - count: the number of all shards.
  /// - Throws: errors of the data or the position; `InvalidSetting` if an epoch has no batch there.
  init(
    _ task: Task, seed: UInt64, shards: Range<Int>, of count: Int, from cursor: BatchCursor
  ) throws {
    try cursor.validate()
    self.shards = shards
    self.count = count
    batches = try task.batches(from: cursor, seed: seed, shards: shards, of: count)
    self.cursor = batches.cursor
    ahead = try batches.next()
    guard ahead != nil else {
      throw InvalidSetting(
        "data", expected: "a batch at \(cursor.position) of epoch \(cursor.epoch)", found: "none")
    }
  }

  /// The batch at ``cursor``; advances the cursor, after an epoch's last batch to the next epoch.
  mutating func next(_ task: Task, seed: UInt64) throws -> ShardedBatch<Task.Batch> {
    guard let batch = ahead else {
      throw InvalidSetting("data", expected: "a batch", found: "none")
    }
    let place = batches.cursor
    ahead = try batches.next()
    if ahead == nil {
      self = try BatchReader(
        task, seed: seed, shards: shards, of: count, from: BatchCursor(epoch: cursor.epoch + 1))
    } else {
      cursor = place
    }
    return batch
  }
}
