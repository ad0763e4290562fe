/// A position among the batches of a training.
struct BatchPosition: Codable, Hashable, Sendable {
  /// The number of the epoch, from 0.
  var epoch: Int
  /// The number of the next batch in its epoch, from 0.
  var position: Int
}

/// The batches of a task, epoch after epoch; one is read ahead, so that an epoch's end is known in time.
struct BatchCursor<Task: TrainingTask>: Sendable {
  private(set) var position: BatchPosition
  private var batches: Task.Batches
  private var ahead: Task.Batch?

  /// From a position on.
  ///
  /// - Throws: what is wrong with the data; ``InvalidSetting`` where an epoch has no batch there.
  init(_ task: Task, seed: UInt64, at position: BatchPosition) throws {
    guard position.epoch >= 0, position.position >= 0, position.epoch < Int.max,
      position.position < Int.max
    else {
      throw InvalidSetting(
        "position in the data", expected: "numbers that are not negative",
        found: "batch \(position.position) of epoch \(position.epoch)")
    }
    self.position = position
    batches = try task.batches(epoch: position.epoch, from: position.position, seed: seed)
    ahead = try batches.next()
    guard ahead != nil else {
      throw InvalidSetting(
        "data", expected: "a batch at \(position.position) of epoch \(position.epoch)",
        found: "none")
    }
  }

  /// The batch at ``position``, which moves on; after an epoch's last batch, to the next epoch.
  mutating func next(_ task: Task, seed: UInt64) throws -> Task.Batch {
    guard let batch = ahead else {
      throw InvalidSetting("data", expected: "a batch", found: "none")
    }
    ahead = try batches.next()
    position.position += 1
    if ahead == nil {
      self = try BatchCursor(
        task, seed: seed, at: BatchPosition(epoch: position.epoch + 1, position: 0))
    }
    return batch
  }

  /// How many units the first epoch has, if that is known.
  func unitsPerEpoch(_ task: Task) -> Int? {
    task.batchesPerEpoch.flatMap { count in ahead.map { count * task.size(of: $0) } }
  }
}
