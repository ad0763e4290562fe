import Cells
import Checkpoint
import Models
import TensorCore

extension OnlineLearner {
  /// The data of a learner in a file other than arrays.
  private struct Header: Codable {
    var engine: GradientEngine
    var batch: Int
    var maximumNorm: Double?
  }

  private static var headerName: String { "online" }

  /// Saves everything needed to resume in one file, atomically.
  public func save(to path: String) throws(CheckpointError) {
    try checkpoint().save(to: path)
  }

  /// The content of `save`'s file: the parameters, the optimizer's state, and the memory.
  public func checkpoint() throws(CheckpointError) -> Checkpoint {
    var checkpoint = Checkpoint()
    checkpoint.set(parametersOf: model)
    try checkpoint.setJSON(
      Header(engine: memory.engine, batch: memory.batch, maximumNorm: maximumNorm),
      .configuration, Self.headerName)
    optimizer.write(to: &checkpoint)
    checkpoint.set(StoredArray(UInt64(count)), .trainer, "step")
    try memory.write(to: &checkpoint)
    return checkpoint
  }

  /// A learner that resumes a saved one, bit-exactly.
  ///
  /// - Parameters:
  ///   - reader: the file.
  ///   - model: a model of the same sizes; its weights are replaced.
  ///   - optimizer: the optimizer, with the same options.
  /// - Throws: `CheckpointError` if the file is damaged or has no learner of such a model; `UnsuitableEngine` or
  ///   `InvalidSetting` if its settings are invalid.
  public init(
    resuming reader: CheckpointReader, _ model: Model, optimizer: some Optimizer
  ) throws {
    try reader.requireTrainable()
    let header = try reader.json(Header.self, .configuration, Self.headerName)
    try InvalidSetting.check("streams", header.batch, in: 1...InvalidSetting.largestSize)
    try self.init(
      model, engine: header.engine, optimizer: optimizer, batch: header.batch,
      maximumNorm: header.maximumNorm)
    try reader.load(&self.model)
    try self.optimizer.read(from: reader, for: self.model)
    count = Int(clamping: try reader.value(UInt64.self, .trainer, "step"))
    try memory.restore(from: reader)
  }
}
