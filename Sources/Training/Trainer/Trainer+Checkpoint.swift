import Checkpoint
import Datasets
import TensorCore

extension Trainer {
  /// Saves the model and everything needed for inference and resuming in one file, atomically.
  public func save(to path: String) throws(CheckpointError) {
    try checkpoint().save(to: path)
  }

  /// The content of `save`'s file. On several ranks it is complete on rank 0, after ``collect()``.
  public func checkpoint() throws(CheckpointError) -> Checkpoint {
    var checkpoint = Checkpoint()
    try task.write(result, to: &checkpoint)
    try checkpoint.setJSON(task.configuration, .configuration, "task")
    try checkpoint.setJSON(settings, .configuration, "training")
    optimizer.write(to: &checkpoint)
    checkpoint.set(StoredArray(UInt64(steps)), .trainer, "step")
    checkpoint.set(StoredArray(lossSum), .trainer, "loss_sum")
    checkpoint.set(StoredArray(UInt64(lossCount)), .trainer, "loss_count")
    checkpoint.set(StoredArray(UInt64(isFinished ? 1 : 0)), .trainer, "finished")
    try checkpoint.setJSON(progress, .trainer, "measured")
    if keepsFurtherWeights { writeFurtherWeights(to: &checkpoint) }
    try checkpoint.setJSON(dropoutGenerator, .random, "dropout")
    try checkpoint.setJSON(task.dataIdentity, .data, "identity")
    try checkpoint.setJSON(batches.cursor, .data, "cursor")
    if let carry { try task.write(carry, to: &checkpoint) }
    try writeShardCarries(to: &checkpoint)
    return checkpoint
  }

  /// Whether the weights in training may differ from those for use.
  private var keepsFurtherWeights: Bool { settings.keepsBest || settings.averaging != .none }

  private func writeFurtherWeights(to checkpoint: inout Checkpoint) {
    let names = model.parameters.map(\.name)
    checkpoint.set(StoredArray(UInt64(average.count)), .trainer, "average_count")
    let sets = [
      ("weights", model.parameters.map(\.value)), ("average", average.values), ("best", best),
    ]
    for (kind, values) in sets {
      for (name, value) in zip(names, values) {
        checkpoint.set(value, .trainer, "\(kind)/\(name)")
      }
    }
  }

  /// Resumes saved training, bit-exactly.
  ///
  /// - Parameters:
  ///   - reader: the file.
  ///   - task: the task of the file, as in the file's configuration.
  ///   - settings: other settings, for example more epochs; by default those of the file.
  ///   - group: the processes that train together.
  /// - Throws: `CheckpointError` for a file that is damaged, has no training state or weights in 8 or 16 bits; ``ResumeMismatch`` if the data,
  ///   the vocabulary or the model differ from the file's: it names the difference.
  public init(
    resuming reader: CheckpointReader, _ task: Task, _ settings: TrainingSettings? = nil,
    in group: ProcessGroup = ProcessGroup()
  ) throws {
    try reader.requireTrainable()
    let saved = try Self.settings(in: reader)
    let settings = settings ?? saved
    try settings.validate()
    try ResumeMismatch.checkData(
      reader.json(String.self, .data, "identity"), task.dataIdentity, of: reader.file)
    // The name of the dataset may differ if the data are the same.
    try ResumeMismatch.check(
      "", Self.configuration(in: reader), task.configuration, ignoring: "dataset", of: reader.file)
    let used = try task.model(reading: reader)
    let model = try Self.weights("weights", of: used, reader).map { used.with($0) } ?? used
    try self.init(
      task, settings, model, from: reader.json(BatchCursor.self, .data, "cursor"), in: group)
    steps = Int(clamping: try reader.value(UInt64.self, .trainer, "step"))
    try optimizer.read(from: reader, for: model)
    lossSum = try reader.value(Double.self, .trainer, "loss_sum")
    lossCount = Int(clamping: try reader.value(UInt64.self, .trainer, "loss_count"))
    let wasFinished = try reader.value(UInt64.self, .trainer, "finished") != 0
    isFinished =
      wasFinished && settings == saved || batches.cursor.epoch >= settings.epochs
      || settings.steps.map { steps >= $0 } ?? false
    progress = try reader.json(MeasuredProgress.self, .trainer, "measured")
    if reader.contains(.trainer, "average_count") {
      average.count = Int(clamping: try reader.value(UInt64.self, .trainer, "average_count"))
      average.values = try Self.weights("average", of: model, reader) ?? []
      average.count = average.values.isEmpty ? 0 : average.count
      best = try Self.weights("best", of: model, reader) ?? []
    }
    dropoutGenerator = try reader.json(Philox.self, .random, "dropout")
    if settings.sharding == nil {
      carry = try task.carry(reading: reader, for: model, of: .whole)
    } else if settings.sharding?.count == saved.sharding?.count {
      try readShardCarries(from: reader)
    }
  }

  /// Reads the training settings of a file.
  public static func settings(in reader: CheckpointReader) throws -> TrainingSettings {
    try reader.json(TrainingSettings.self, .configuration, "training")
  }

  /// Reads the task's configuration of a file.
  public static func configuration(
    in reader: CheckpointReader
  ) throws -> Task.Configuration {
    try reader.readingEquations().json(Task.Configuration.self, .configuration, "task")
  }

  /// A set of weights besides those for use; nil if the file has none.
  private static func weights(
    _ kind: String, of model: Task.Model, _ reader: CheckpointReader
  ) throws -> [Tensor]? {
    let parameters = model.parameters
    guard let first = parameters.first, reader.contains(.trainer, "\(kind)/\(first.name)") else {
      return nil
    }
    return try parameters.map {
      try reader.tensor(.trainer, "\(kind)/\($0.name)", shape: $0.value.shape)
    }
  }
}
