/// Reads a checkpoint, one entry at a time.
///
/// ```swift
/// let reader = try CheckpointReader(path: "model.rnnz")
/// let configuration = try reader.json(Configuration.self, .configuration, "model")
/// var model = Model(configuration)
/// try reader.load(&model)
/// ```
///
/// Opening checks the whole index; an entry's bytes are read and checked when it is asked for, so that a reader of the
/// weights never touches the optimizer's state. `verify()` checks everything.
public struct CheckpointReader: Sendable {
  /// The path of the file, or what stands for it in errors.
  public let file: String
  private let source: ByteSource
  private let limits: ReadLimits
  private let index: Index

  /// Opens a file. Throws unless its index is whole and keeps every rule of the format.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(CheckpointError) {
    try self.init(source: ByteSource(path: path), limits: limits)
  }

  /// Opens a file that is in memory; `name` is what errors call it.
  public init(
    bytes: [UInt8], name: String = "bytes in memory", limits: ReadLimits = ReadLimits()
  ) throws(CheckpointError) {
    try self.init(source: ByteSource(bytes: bytes, name: name), limits: limits)
  }

  private init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    index = try Index(reading: source, limits: limits)
    self.source = source
    self.limits = limits
    file = source.name
  }

  /// What the file holds, in its order: by section, then by name.
  public var entries: [Entry] { index.entries.map { Entry($0) } }

  /// Whether the file has an entry of this key.
  public func contains(_ section: Checkpoint.Section, _ name: String) -> Bool {
    index.position(of: .init(section, name)) != nil
  }

  /// Reads an entry of any kind.
  public func content(_ key: Checkpoint.Key) throws(CheckpointError) -> Checkpoint.Content {
    guard let position = index.position(of: key) else { throw fail(.missingEntry(key)) }
    return try content(at: position)
  }

  /// Reads every entry and checks everything: checksums, padding, JSON.
  public func verify() throws(CheckpointError) {
    for position in index.entries.indices {
      if case .json(let text) = try content(at: position) {
        _ = try parsed(text, of: index.entries[position].key)
      }
    }
  }

  package func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
    CheckpointError(file: file, problem)
  }

  /// Rules 21 to 24 for one entry.
  private func content(at position: Int) throws(CheckpointError) -> Checkpoint.Content {
    try index.checkPadding(before: position, in: source)
    let entry = index.entries[position]
    let stored = try source.read(at: Int(entry.offset), count: Int(entry.storedSize))
    let storedChecksum = crc32(stored)
    guard storedChecksum == entry.storedChecksum else {
      throw fail(
        .storedChecksum(entry.key, expected: entry.storedChecksum, found: storedChecksum))
    }
    let raw = try expanded(stored, entry)
    let rawChecksum = entry.codec == .stored ? storedChecksum : crc32(raw)
    guard rawChecksum == entry.rawChecksum else {
      throw fail(.rawChecksum(entry.key, expected: entry.rawChecksum, found: rawChecksum))
    }
    return switch entry.kind {
    case .tensor:
      .tensor(StoredArray(elementType: entry.elementType, shape: entry.shape, bytes: raw))
    case .bytes: .bytes(raw)
    case .json: .json(raw)
    }
  }

  private func expanded(_ stored: [UInt8], _ entry: IndexEntry) throws(CheckpointError) -> [UInt8] {
    guard entry.codec == .zlib else { return stored }
    let filtered: [UInt8]
    do throws(Inflate.Failure) {
      filtered = try Inflate.expanded(stored, count: Int(entry.rawSize))
    } catch {
      switch error {
      case .malformed(let reason): throw fail(.inflateFailed(entry.key, reason: reason))
      case .wrongSize: throw fail(.inflatedSizeMismatch(entry.key, expected: entry.rawSize))
      case .trailing(let count): throw fail(.trailingCompressedBytes(entry.key, count: count))
      }
    }
    guard entry.filter == .byteShuffle else { return filtered }
    return ByteShuffle.unshuffled(filtered, width: entry.elementType.width)
  }

  /// Rule 25.
  func parsed(_ text: [UInt8], of key: Checkpoint.Key) throws(CheckpointError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: text, maximumDepth: limits.jsonDepth)
    } catch {
      throw fail(.configMalformed(key, at: error.offset, reason: error.problem))
    }
  }
}

extension CheckpointReader {
  /// What the index says about an entry.
  public struct Entry: Sendable, Hashable {
    /// The entry's section and name.
    public let key: Checkpoint.Key
    /// Tensor, bytes or JSON.
    public let kind: Checkpoint.Kind
    /// The type of the elements; `uint8` for bytes and JSON.
    public let elementType: ElementType
    /// The extent of each axis; the number of bytes for bytes and JSON.
    public let shape: [Int]
    /// Bytes that the entry has, and takes in the file.
    public let byteCount: Int
    /// Bytes that the entry takes in the file.
    public let storedByteCount: Int

    init(_ entry: IndexEntry) {
      key = entry.key
      kind = entry.kind
      elementType = entry.elementType
      shape = entry.shape
      byteCount = Int(entry.rawSize)
      storedByteCount = Int(entry.storedSize)
    }
  }
}

extension Checkpoint {
  /// Reads a whole file, every entry checked.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(CheckpointError) {
    try self.init(reading: CheckpointReader(path: path, limits: limits))
  }

  /// Reads all of a file that is open.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    self.init()
    for entry in reader.entries { set(try reader.content(entry.key), entry.key) }
  }
}
