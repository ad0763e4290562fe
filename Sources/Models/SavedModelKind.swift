import Cells
import Checkpoint
import Requirements

/// The kind of model in a file.
public enum SavedModelKind: String, Codable, CaseIterable, Sendable {
  /// A ``SavedLanguageModel``.
  case language = "language-model"
  /// A ``SavedSequenceModel``.
  case sequence = "sequence-model"
  /// A ``SavedGraphModel``.
  case graph = "graph-model"

  private struct Header: Decodable { var kind: String }

  /// Reads the kind of model in a file.
  ///
  /// - Throws: `CheckpointError` if it has no model, or one of an unknown kind.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    self = try Self.read(from: reader, expecting: Self.allCases)
  }

  /// Checks that the model in a file is of this kind.
  func check(_ reader: CheckpointReader) throws(CheckpointError) {
    _ = try Self.read(from: reader, expecting: [self])
  }

  private static func read(
    from reader: CheckpointReader, expecting kinds: [SavedModelKind]
  ) throws(CheckpointError) -> SavedModelKind {
    if reader.contains(.carry, "session"), !reader.contains(.configuration, "model") {
      throw reader.fail(
        .configValue(
          .init(.carry, "session"), path: "", expected: "a model",
          found: "the state of a session, which goes on with its model"))
    }
    let found = try reader.json(Header.self, .configuration, "model").kind
    guard let kind = kinds.first(where: { $0.rawValue == found }) else {
      let names = kinds.map(\.rawValue)
      let last = names[names.count - 1]
      throw reader.fail(
        .configValue(
          .init(.configuration, "model"), path: "kind",
          expected: kinds.count == 1
            ? last : names.dropLast().joined(separator: ", ") + " or " + last,
          found: found))
    }
    return kind
  }
}

extension CheckpointReader {
  /// Opens a file that may contain these cells.
  init(path: String, cells: CellRegistry) throws(CheckpointError) {
    try self.init(path: path)
    userInfo = cells.userInfo
  }

  /// Calls `check`, whose error is that of a value in the model's configuration.
  func checkConfiguration(
    _ check: () throws(InvalidSetting) -> Void
  ) throws(CheckpointError) {
    do throws(InvalidSetting) {
      try check()
    } catch {
      throw fail(
        .configValue(
          .init(.configuration, "model"), path: "configuration.\(error.name)",
          expected: error.expected, found: error.found))
    }
  }
}

/// The package that saved a model, as an entry of its file: `{"name":"swift-rnn","version":"0.1.0"}`.
///
/// Nothing is read from it: files of every version are read alike. It is for people and for reports of bugs.
struct SavingPackage: Encodable {
  private let name = "swift-rnn"
  private let version = PackageVersion.number

  /// Adds the entry to a checkpoint.
  static func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    try checkpoint.setJSON(SavingPackage(), .configuration, "package")
  }
}
