import Cells
import Checkpoint
import TensorCore

extension RecurrentMemory {
  private static let detailsName = "memory"
  private static let prefix = "memory/"

  /// Adds the memory's content to a checkpoint, in section `carry`.
  public func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    let snapshot = snapshot
    try checkpoint.setJSON(snapshot.details, .carry, Self.detailsName)
    for (name, tensor) in snapshot.tensors {
      checkpoint.set(tensor, .carry, Self.prefix + name)
    }
  }

  /// Whether a file has the content of a memory.
  public static func isSaved(in reader: CheckpointReader) -> Bool {
    reader.contains(.carry, detailsName)
  }

  /// Restores the saved content of a memory with the same layer, engine and batch size, bit-exactly.
  ///
  /// - Throws: `CheckpointError` if the file is damaged or the content does not fit this memory; then nothing has
  ///   changed.
  public func restore(from reader: CheckpointReader) throws(CheckpointError) {
    let details = try reader.json(Details.self, .carry, Self.detailsName)
    var tensors: [String: Tensor] = [:]
    for entry in reader.entries
    where entry.key.section == .carry && entry.key.name.hasPrefix(Self.prefix) {
      tensors[String(entry.key.name.dropFirst(Self.prefix.count))] = try reader.tensor(
        .carry, entry.key.name)
    }
    do throws(SnapshotMismatch) {
      try restore(Snapshot(tensors: tensors, details: details))
    } catch {
      throw reader.fail(
        .configValue(
          .init(.carry, Self.detailsName), path: error.name, expected: error.expected,
          found: error.found))
    }
  }
}
