import FileCore

/// Reads the entries of an index with a correct checksum but untrusted content: rules 9 to 19.
struct IndexParser {
  private let bytes: [UInt8]
  private let entryCount: Int
  private let poolStart: Int
  private let file: String
  private let limits: ReadLimits
  /// The offset of the next name in the pool.
  private var nameOffset = 0
  private var totalSize: UInt64 = 0

  /// Rule 9: the parts of the index add up.
  init(
    _ bytes: [UInt8], entryCount: Int, file: String, limits: ReadLimits
  ) throws(CheckpointError) {
    func fail(_ expected: String, _ found: String) -> CheckpointError {
      CheckpointError(file: file, .indexLayout(expected: expected, found: found))
    }
    guard bytes.count >= Format.indexHeaderSize else {
      throw fail("at least \(Format.indexHeaderSize) bytes", "\(bytes.count)")
    }
    guard bytes.starts(with: Format.indexMagic) else { throw fail("RIDX", "other bytes") }
    let count = Int(bytes.littleEndian(UInt32.self, at: 4))
    guard count == entryCount else { throw fail("\(entryCount) entries", "\(count)") }
    let poolSize = Int(bytes.littleEndian(UInt32.self, at: 8))
    let poolStart = Format.indexHeaderSize + Format.entrySize * count
    guard poolStart + poolSize == bytes.count else {
      throw fail("\(poolStart + poolSize) bytes", "\(bytes.count)")
    }
    guard bytes.littleEndian(UInt32.self, at: 12) == 0 else {
      throw CheckpointError(file: file, .reservedNonZero(offset: Format.preambleSize + 12))
    }
    self.bytes = bytes
    self.entryCount = entryCount
    self.poolStart = poolStart
    self.file = file
    self.limits = limits
  }

  private func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
    CheckpointError(file: file, problem)
  }

  /// Rules 10 to 19, entry by entry; then checks that no name is left over.
  mutating func entries() throws(CheckpointError) -> [IndexEntry] {
    var entries: [IndexEntry] = []
    entries.reserveCapacity(entryCount)
    for number in 0..<entryCount {
      entries.append(try entry(number, after: entries.last?.key))
    }
    guard poolStart + nameOffset == bytes.count else { throw fail(.nameBounds(entry: entryCount)) }
    return entries
  }

  private mutating func entry(
    _ number: Int, after previous: Checkpoint.Key?
  ) throws(CheckpointError) -> IndexEntry {
    let start = Format.indexHeaderSize + Format.entrySize * number
    let key = try key(number, at: start)
    if let previous {
      guard previous != key else { throw fail(.duplicateName(key)) }
      guard previous < key else { throw fail(.unsortedIndex(key, after: previous)) }
    }
    var entry = try coding(of: key, at: start)
    guard entry.flags & Format.mustUnderstand == 0 || key.section.isKnown else {
      throw fail(.unknownRequiredSection(key))
    }
    try readShape(of: &entry, at: start)
    try checkLimits(entry)
    try checkSizes(entry)
    return entry
  }

  /// Rules 10 and 11: the name.
  private mutating func key(_ number: Int, at start: Int) throws(CheckpointError) -> Checkpoint.Key
  {
    let offset = Int(bytes.littleEndian(UInt32.self, at: start))
    let size = Int(bytes.littleEndian(UInt16.self, at: start + 4))
    guard offset == nameOffset, (1...Format.maximumNameSize).contains(size),
      poolStart + offset + size <= bytes.count
    else { throw fail(.nameBounds(entry: number)) }
    let text = bytes[poolStart + offset..<poolStart + offset + size]
    guard let name = String(utf8: text) else {
      throw fail(.nameNotUTF8(entry: number))
    }
    guard !name.hasControlCharacter else { throw fail(.nameControlCharacter(entry: number)) }
    nameOffset += size
    return Checkpoint.Key(.init(rawValue: bytes[start + 11]), name)
  }

  /// Rule 13: kind, element type, codec, filter and reserved bytes.
  private func coding(
    of key: Checkpoint.Key, at start: Int
  ) throws(CheckpointError) -> IndexEntry {
    guard let kind = Checkpoint.Kind(rawValue: bytes[start + 6]) else {
      throw fail(.unknownKind(key, found: bytes[start + 6]))
    }
    guard let elementType = ElementType(rawValue: bytes[start + 7]),
      kind == .tensor || elementType == .uint8
    else { throw fail(.unknownDType(key, found: bytes[start + 7])) }
    guard let codec = StoredPayload.Codec(rawValue: bytes[start + 9]) else {
      throw fail(.unknownCodec(key, found: bytes[start + 9]))
    }
    guard let filter = StoredPayload.Filter(rawValue: bytes[start + 10]),
      filter == .none || elementType.width > 1 && codec == .zlib
    else { throw fail(.unknownFilter(key, found: bytes[start + 10])) }
    let flags = bytes.littleEndian(UInt32.self, at: start + 12)
    guard flags & ~Format.mustUnderstand == 0 else {
      throw fail(.reservedNonZero(offset: Format.preambleSize + start + 12))
    }
    if let index = bytes[start + 80..<start + 96].firstIndex(where: { $0 != 0 }) {
      throw fail(.reservedNonZero(offset: Format.preambleSize + index))
    }
    return IndexEntry(
      key: key, kind: kind, elementType: elementType, shape: [], codec: codec, filter: filter,
      flags: flags,
      offset: bytes.littleEndian(UInt64.self, at: start + 16),
      storedSize: bytes.littleEndian(UInt64.self, at: start + 24),
      rawSize: bytes.littleEndian(UInt64.self, at: start + 32),
      storedChecksum: bytes.littleEndian(UInt32.self, at: start + 40),
      rawChecksum: bytes.littleEndian(UInt32.self, at: start + 44))
  }

  /// Rules 15 to 17: the shape, and that it matches the size in bytes.
  private func readShape(of entry: inout IndexEntry, at start: Int) throws(CheckpointError) {
    let rank = Int(bytes[start + 8])
    let extents = (0..<Format.maximumRank).map { axis in
      Int(bytes.littleEndian(UInt32.self, at: start + 48 + 4 * axis))
    }
    guard rank <= Format.maximumRank, extents[rank...].allSatisfy({ $0 == 0 }),
      entry.kind == .tensor || rank == 1
    else { throw fail(.badRank(entry.key, found: rank)) }
    entry.shape = Array(extents[..<rank])
    let needed = StoredArray.byteCount(shape: entry.shape, elementType: entry.elementType)
    guard let needed else { throw fail(.shapeOverflow(entry.key)) }
    guard UInt64(needed) == entry.rawSize else {
      throw fail(.shapeSizeMismatch(entry.key, expected: UInt64(needed), found: entry.rawSize))
    }
  }

  /// Rule 18: limits of the entry, and of all entries so far.
  private mutating func checkLimits(_ entry: IndexEntry) throws(CheckpointError) {
    for extent in entry.shape {
      try limits.check(.dimension, UInt64(extent), of: entry.key, in: file)
    }
    // One call of zlib handles at most 2^32 - 1 bytes, whatever the caller allows.
    var limits = limits
    limits.entryBytes = min(limits.entryBytes, Int(UInt32.max))
    try limits.check(.entryBytes, entry.rawSize, of: entry.key, in: file)
    try limits.check(.entryBytes, entry.storedSize, of: entry.key, in: file)
    if entry.kind == .json { try limits.check(.jsonBytes, entry.rawSize, of: entry.key, in: file) }
    totalSize += entry.rawSize
    try limits.check(.totalBytes, totalSize, of: entry.key, in: file)
  }

  /// Rule 19: the stored size is possible for the codec.
  private func checkSizes(_ entry: IndexEntry) throws(CheckpointError) {
    let (stored, raw) = (entry.storedSize, entry.rawSize)
    guard entry.codec == .stored ? stored == raw : stored < raw else {
      throw fail(.storedSizeMismatch(entry.key, stored: stored, raw: raw))
    }
    guard raw <= Format.expansionLimit(stored: stored) else {
      throw fail(.expansionLimit(entry.key, stored: stored, raw: raw))
    }
    if entry.codec == .zlib {
      try limits.checkMemory("\(entry.key)", stored + raw, in: file)
    }
  }
}

extension String {
  /// Whether the text has a C0 control character or DEL.
  var hasControlCharacter: Bool { utf8.contains { $0 < 0x20 || $0 == 0x7F } }
}
