import FileCore

/// Reads a checkpoint, one entry at a time.
///
/// ```swift
/// let reader = try CheckpointReader(path: "model.rnnz")
/// let configuration = try reader.json(Configuration.self, .configuration, "model")
/// var model = Model(configuration)
/// try reader.load(&model)
/// ```
///
/// Opening checks the whole index. An entry's bytes are read and checked on request, so that reading the weights never
/// reads the optimizer's state. `verify()` checks everything.
public struct CheckpointReader: Sendable {
  /// The path of the file, or its name in errors.
  public let file: String
  /// The `userInfo` of JSON decoders, for example a registry with your own cells.
  public var userInfo: [CodingUserInfoKey: any Sendable] = [:]
  private let source: ByteSource
  private let limits: ReadLimits
  private let index: Index

  /// Opens a file. Throws unless its index is complete and follows every rule of the format.
  public init(
    path: String, limits: ReadLimits = ReadLimits(), mapping: Mapping = .none
  ) throws(CheckpointError) {
    try self.init(source: ByteSource(path: path, isMapped: mapping == .stored), limits: limits)
  }

  /// Opens a file in memory; `name` is its name in errors.
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

  /// The file's entries, sorted by section, then by name.
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

  /// Reads every entry and checks everything: checksums, padding, JSON. The error is that of the first entry that
  /// breaks a rule, for any number of threads.
  public func verify() throws(CheckpointError) {
    _ = try forEachEntry { position throws(CheckpointError) in
      if case .json(let text) = try content(at: position) {
        _ = try parsed(text, of: index.entries[position].key)
      }
    }
  }

  /// Reads all entries, in the file's order.
  func contents() throws(CheckpointError) -> [Checkpoint.Content] {
    try forEachEntry { position throws(CheckpointError) in try content(at: position) }
  }

  /// Calls `body` for every entry, on the thread pool.
  private func forEachEntry<Value: Sendable>(
    _ body: (_ position: Int) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> [Value] {
    let order = index.entries.indices.sorted {
      index.entries[$0].rawSize > index.entries[$1].rawSize
    }
    let size = index.entries.reduce(0) { $0 + Int($1.rawSize) }
    let results = inParallel(order, bytes: size) { position in
      Result { () throws(CheckpointError) in try body(position) }
    }
    var values: [Value] = []
    values.reserveCapacity(results.count)
    for result in results { values.append(try result.get()) }
    return values
  }

  package func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
    CheckpointError(file: file, problem)
  }

  /// Rules 21 to 24 for one entry.
  private func content(at position: Int) throws(CheckpointError) -> Checkpoint.Content {
    try index.checkPadding(before: position, in: source)
    let entry = index.entries[position]
    let (offset, size) = (Int(entry.offset), Int(entry.storedSize))
    let raw: [UInt8]
    if entry.codec == .stored {
      try limits.checkMemory("\(entry.key)", UInt64(size), in: file)
      raw = try source.read(at: offset, count: size)
      try raw.withRawBytes { bytes throws(CheckpointError) in try checkStored(bytes, entry) }
    } else {
      raw = try source.withBytes(at: offset, count: size) { bytes throws(CheckpointError) in
        try expanded(bytes, entry)
      }
    }
    return switch entry.kind {
    case .tensor:
      .tensor(StoredArray(elementType: entry.elementType, shape: entry.shape, bytes: raw))
    case .bytes: .bytes(raw)
    case .json: .json(raw)
    }
  }

  /// A checked view of an entry's mapped bytes; nil unless it is mapped.
  func mappedView(_ key: Checkpoint.Key) throws(CheckpointError) -> StoredArrayView? {
    guard let file = source.mapping, let position = index.position(of: key) else { return nil }
    let entry = index.entries[position]
    guard entry.kind == .tensor, entry.codec == .stored else { return nil }
    try index.checkPadding(before: position, in: source)
    try checkStored(file.bytes(at: Int(entry.offset), count: Int(entry.storedSize)), entry)
    return StoredArrayView(entry, in: file)
  }

  /// Rules 22 and 24 for an uncompressed entry.
  private func checkStored(
    _ bytes: UnsafeRawBufferPointer, _ entry: IndexEntry
  ) throws(CheckpointError) {
    let checksum = crc32(bytes)
    guard checksum == entry.storedChecksum else {
      throw fail(.storedChecksum(entry.key, expected: entry.storedChecksum, found: checksum))
    }
    guard checksum == entry.rawChecksum else {
      throw fail(.rawChecksum(entry.key, expected: entry.rawChecksum, found: checksum))
    }
  }

  /// Rules 22 to 24 for a compressed entry.
  private func expanded(
    _ stored: UnsafeRawBufferPointer, _ entry: IndexEntry
  ) throws(CheckpointError) -> [UInt8] {
    let storedChecksum = crc32(stored)
    guard storedChecksum == entry.storedChecksum else {
      throw fail(
        .storedChecksum(entry.key, expected: entry.storedChecksum, found: storedChecksum))
    }
    var raw: [UInt8]
    do throws(Inflate.Failure) {
      raw = try Inflate.expanded(stored, count: Int(entry.rawSize))
    } catch {
      switch error {
      case .malformed(let reason): throw fail(.inflateFailed(entry.key, reason: reason))
      case .wrongSize: throw fail(.inflatedSizeMismatch(entry.key, expected: entry.rawSize))
      case .trailing(let count): throw fail(.trailingCompressedBytes(entry.key, count: count))
      }
    }
    if entry.filter == .byteShuffle {
      raw = ByteShuffle.unshuffled(raw, width: entry.elementType.width)
    }
    let rawChecksum = crc32(raw)
    guard rawChecksum == entry.rawChecksum else {
      throw fail(.rawChecksum(entry.key, expected: entry.rawChecksum, found: rawChecksum))
    }
    return raw
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
  /// An entry as described in the index.
  public struct Entry: Sendable, Hashable {
    /// The entry's section and name.
    public let key: Checkpoint.Key
    /// Tensor, bytes or JSON.
    public let kind: Checkpoint.Kind
    /// The type of the elements; `uint8` for bytes and JSON.
    public let elementType: ElementType
    /// The size of each axis; the number of bytes for bytes and JSON.
    public let shape: [Int]
    /// The size of the content in bytes.
    public let byteCount: Int
    /// The size in the file in bytes.
    public let storedByteCount: Int
    /// The offset of its bytes in the file.
    public let offset: Int
    /// Whether its bytes are a zlib stream.
    public let isCompressed: Bool
    /// Whether the bytes are shuffled before compression: all first bytes of the elements, then all second ones, ...
    public let isShuffled: Bool
    /// Whether a reader must refuse the file if it does not know the entry's section.
    public let isRequired: Bool
    /// The CRC-32 of the stored bytes.
    public let storedChecksum: UInt32
    /// The CRC-32 of the content.
    public let checksum: UInt32

    init(_ entry: IndexEntry) {
      key = entry.key
      kind = entry.kind
      elementType = entry.elementType
      shape = entry.shape
      byteCount = Int(entry.rawSize)
      storedByteCount = Int(entry.storedSize)
      offset = Int(entry.offset)
      isCompressed = entry.codec == .zlib
      isShuffled = entry.filter == .byteShuffle
      isRequired = entry.flags & Format.mustUnderstand != 0
      storedChecksum = entry.storedChecksum
      checksum = entry.rawChecksum
    }
  }
}

extension Checkpoint {
  /// Reads and checks a whole file.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(CheckpointError) {
    try self.init(reading: CheckpointReader(path: path, limits: limits))
  }

  /// Reads all of a file that is open.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    self.init()
    for (entry, content) in zip(reader.entries, try reader.contents()) { set(content, entry.key) }
  }
}
