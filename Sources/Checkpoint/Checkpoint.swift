import FileCore

/// The content of a checkpoint file: named arrays, JSON and bytes, in sections.
///
/// ```swift
/// var checkpoint = Checkpoint()
/// checkpoint.set(parametersOf: model)
/// try checkpoint.setJSON(configuration, .configuration, "model")
/// checkpoint.set(StoredArray(UInt64(1500)), .trainer, "step")
/// try checkpoint.save(to: "model.rnnz")
/// ```
///
/// `save` writes one entry for each key, in the order of the keys; equal checkpoints give equal files.
/// ``CheckpointReader`` reads single entries; `Checkpoint(path:)` reads all.
public struct Checkpoint: Sendable, Hashable {
  /// The content of an entry.
  public enum Content: Sendable, Hashable {
    /// An array of numbers.
    case tensor(StoredArray)
    /// Bytes without a structure known to the format.
    case bytes([UInt8])
    /// A JSON text.
    case json([UInt8])
  }

  /// The kind of an entry. Raw values are those of the `.rnnz` format.
  public enum Kind: UInt8, Sendable, Hashable {
    /// An array of numbers.
    case tensor = 0
    /// Bytes without a structure known to the format.
    case bytes = 1
    /// A JSON text.
    case json = 2
  }

  /// All entries, by key.
  public private(set) var contents: [Key: Content] = [:]

  /// An empty checkpoint.
  public init() {}

  /// Adds or replaces an entry. Names are checked when the checkpoint is saved.
  public mutating func set(_ content: Content, _ key: Key) {
    contents[key] = content
  }

  /// Adds an array.
  public mutating func set(_ array: StoredArray, _ section: Section, _ name: String) {
    set(.tensor(array), Key(section, name))
  }

  /// Adds bytes.
  public mutating func set(bytes: [UInt8], _ section: Section, _ name: String) {
    set(.bytes(bytes), Key(section, name))
  }

  /// Adds a value as JSON, with sorted keys and no white space. Throws `configValue` if the value contains an
  /// infinity or a NaN, or is nested deeper than a reader accepts.
  public mutating func setJSON(
    _ value: some Encodable, _ section: Section, _ name: String
  ) throws(CheckpointError) {
    let key = Key(section, name)
    func fail(_ mismatch: JSONMismatch) -> CheckpointError {
      CheckpointError(file: "new checkpoint", mismatch, in: key)
    }
    let json: JSONValue
    do throws(JSONMismatch) {
      json = try JSONValue(encoding: value)
    } catch {
      throw fail(error)
    }
    let limit = ReadLimits().jsonDepth
    guard json.depth <= limit else {
      throw fail(
        JSONMismatch(
          path: "", expected: "at most \(limit) levels of nesting", found: "\(json.depth)"))
    }
    set(.json(Array(json.text.utf8)), key)
  }

  /// Removes an entry, if there is one.
  public mutating func remove(_ section: Section, _ name: String) {
    contents[Key(section, name)] = nil
  }
}

extension Checkpoint.Content {
  /// The content's kind.
  public var kind: Checkpoint.Kind {
    switch self {
    case .tensor: .tensor
    case .bytes: .bytes
    case .json: .json
    }
  }
}

extension Checkpoint.Kind: CustomStringConvertible {
  /// The kind, for messages "expected ..., found ...".
  public var description: String {
    switch self {
    case .tensor: "a tensor"
    case .bytes: "bytes"
    case .json: "JSON"
    }
  }
}

extension CheckpointError {
  /// The error for a value in an entry's JSON.
  init(file: String, _ mismatch: JSONMismatch, in key: Checkpoint.Key) {
    self.init(
      file: file,
      .configValue(
        key, path: mismatch.path, expected: mismatch.expected, found: mismatch.found))
  }
}
