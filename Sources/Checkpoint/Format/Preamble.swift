import FileCore

/// The first 64 bytes of a file.
///
/// ```
/// offset  type  field
///      0  u8*8  magic
///      8  u16   major version
///     10  u16   minor version
///     12  u32   required features, a bit each
///     16  u64   length of the file
///     24  u64   offset of the index: 64
///     32  u32   bytes of the index
///     36  u32   bytes of the index again
///     40  u32   entries
///     44  u32   CRC-32 of the index
///     48  u64   optional features, a bit each
///     56  u32   0
///     60  u32   CRC-32 of bytes 0 ..< 60
/// ```
struct Preamble: Hashable {
  var minorVersion = Format.minorVersion
  var fileLength: UInt64
  var indexSize: UInt32
  var entryCount: UInt32
  var indexChecksum: UInt32
  var optionalFeatures: UInt64 = 0

  var bytes: [UInt8] {
    var bytes = Format.magic
    bytes.append(littleEndian: Format.majorVersion)
    bytes.append(littleEndian: minorVersion)
    bytes.append(littleEndian: 0 as UInt32)
    bytes.append(littleEndian: fileLength)
    bytes.append(littleEndian: UInt64(Format.preambleSize))
    bytes.append(littleEndian: indexSize)
    bytes.append(littleEndian: indexSize)
    bytes.append(littleEndian: entryCount)
    bytes.append(littleEndian: indexChecksum)
    bytes.append(littleEndian: optionalFeatures)
    bytes.append(littleEndian: 0 as UInt32)
    bytes.append(littleEndian: crc32(bytes))
    return bytes
  }
}

extension Preamble {
  /// Reads the preamble of a file: rules 0 to 7.
  init(reading source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
      CheckpointError(file: source.name, problem)
    }
    let start = try source.read(at: 0, count: min(source.count, ForeignFile.recognizableSize))
    if !start.starts(with: Format.magic), let kind = ForeignFile.kind(of: start) {
      throw fail(.notARnnzFile(looksLike: kind))
    }
    guard start.count >= Format.preambleSize else {
      throw fail(.truncatedPreamble(size: start.count))
    }
    guard start.starts(with: Format.magic) else { throw fail(.badMagic(found: Array(start[..<8]))) }

    let checksum = start.littleEndian(UInt32.self, at: 60)
    let actualChecksum = crc32(start[..<60])
    guard checksum == actualChecksum else {
      throw fail(.preambleChecksum(expected: checksum, found: actualChecksum))
    }
    let majorVersion = start.littleEndian(UInt16.self, at: 8)
    guard majorVersion == Format.majorVersion else {
      throw fail(.unsupportedVersion(found: Int(majorVersion)))
    }
    let requiredFeatures = start.littleEndian(UInt32.self, at: 12)
    guard requiredFeatures == 0 else {
      throw fail(.unknownRequiredFeature(bit: requiredFeatures.trailingZeroBitCount))
    }
    minorVersion = start.littleEndian(UInt16.self, at: 10)
    fileLength = start.littleEndian(UInt64.self, at: 16)
    indexSize = start.littleEndian(UInt32.self, at: 32)
    entryCount = start.littleEndian(UInt32.self, at: 40)
    indexChecksum = start.littleEndian(UInt32.self, at: 44)
    optionalFeatures = start.littleEndian(UInt64.self, at: 48)

    try check(start, in: source, limits)
  }

  /// Checks the sizes of the file and of the index: rules 5 to 7.
  private func check(
    _ start: [UInt8], in source: ByteSource, _ limits: ReadLimits
  ) throws(CheckpointError) {
    func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
      CheckpointError(file: source.name, problem)
    }
    let size = UInt64(source.count)
    guard size >= fileLength else { throw fail(.truncatedFile(expected: fileLength, found: size)) }
    guard size <= fileLength else { throw fail(.trailingBytes(expected: fileLength, found: size)) }
    let (offset, rawSize) = (
      start.littleEndian(UInt64.self, at: 24), start.littleEndian(UInt32.self, at: 36)
    )
    guard offset == UInt64(Format.preambleSize), indexSize == rawSize,
      offset + UInt64(indexSize) <= fileLength
    else {
      throw fail(.indexBounds(offset: offset, storedBytes: Int(indexSize), rawBytes: Int(rawSize)))
    }
    try limits.check(.indexBytes, UInt64(indexSize), of: nil, in: source.name)
    try limits.check(.entries, UInt64(entryCount), of: nil, in: source.name)
    guard start.littleEndian(UInt32.self, at: 56) == 0 else {
      throw fail(.reservedNonZero(offset: 56))
    }
  }
}

extension ReadLimits {
  /// The limit of a `Kind`.
  private func maximum(_ kind: Kind) -> Int {
    switch kind {
    case .entries: entries
    case .indexBytes: indexBytes
    case .dimension: dimension
    case .entryBytes: entryBytes
    case .totalBytes: totalBytes
    case .jsonBytes: jsonBytes
    }
  }

  /// Throws if `found` is above the limit of its kind.
  func check(
    _ kind: Kind, _ found: UInt64, of key: Checkpoint.Key?, in file: String
  ) throws(CheckpointError) {
    let limit = UInt64(max(0, maximum(kind)))
    guard found <= limit else {
      throw CheckpointError(file: file, .resourceLimit(kind, key, limit: limit, found: found))
    }
  }

  /// Throws if memory could not hold `found` bytes, which reading takes: compressed ones and what they become at once.
  ///
  /// - Parameter place: what is read, for example an array's name; empty for the whole file.
  func checkMemory(
    _ place: String, _ found: UInt64, in file: String
  ) throws(CheckpointError) {
    guard let memory, found > UInt64(max(0, memory.bytes)) else { return }
    throw CheckpointError(
      file: file,
      .memoryLimit(place, limit: memory.bytes, name: memory.name, found: Int(clamping: found)))
  }
}
