import Datasets
import Models

/// Reads the batches of a task, epoch after epoch; reads one batch ahead, to detect the end of an epoch.
struct BatchReader<Task: TrainingTask>: Sendable {
  /// The position of the next batch.
  private(set) var cursor: BatchCursor
  private var batches: Task.Batches
  private var ahead: Task.Batch?

  /// A reader from a position on.
  ///
  /// - Throws: errors of the data or the position; `InvalidSetting` if an epoch has no batch there.
  init(_ task: Task, seed: UInt64, from cursor: BatchCursor) throws {
    try cursor.validate()
    batches = try task.batches(from: cursor, seed: seed)
    self.cursor = batches.cursor
    ahead = try batches.next()
    guard ahead != nil else {
      throw InvalidSetting(
        "data", expected: "a batch at \(cursor.position) of epoch \(cursor.epoch)", found: "none")
    }
  }

  /// The batch at ``cursor``; advances the cursor, after an epoch's last batch to the next epoch.
  mutating func next(_ task: Task, seed: UInt64) throws -> Task.Batch {
    guard let batch = ahead else {
      throw InvalidSetting("data", expected: "a batch", found: "none")
    }
    let place = batches.cursor
    ahead = try batches.next()
    if ahead == nil {
      self = try BatchReader(task, seed: seed, from: BatchCursor(epoch: cursor.epoch + 1))
    } else {
      cursor = place
    }
    return batch
  }
}
