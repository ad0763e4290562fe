import FileCore

extension Checkpoint {
  /// The checkpoint as a file's bytes.
  ///
  /// Throws the errors that a reader would throw: for a name that is empty, too long or has a control character, for a
  /// rank above 8, or where a limit of the format is exceeded.
  public func encoded(compression: Compression = .fast) throws(CheckpointError) -> [UInt8] {
    let file = try EncodedFile(self, name: "new checkpoint", compression: compression)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(file.size)
    for piece in file.pieces { bytes += piece }
    return bytes
  }

  /// Saves the checkpoint to a file, atomically.
  ///
  /// An existing file is replaced in one step, after the new one is flushed to the disk. Throws the errors of `encoded`
  /// and of the system; the old file is then unchanged, except after `.file(.durabilityUnknown)`: the new file is in
  /// place, but a power cut may restore the old one.
  public func save(to path: String, compression: Compression = .fast) throws(CheckpointError) {
    let file = try EncodedFile(self, name: path, compression: compression)
    try CheckpointError.saving(file.pieces, to: path)
  }

  /// Tests whether a file of some size can be saved at a path: does all that ``save(to:compression:)`` does but replacing the
  /// file, and leaves nothing behind.
  ///
  /// - Throws: why it could not be saved.
  public static func rehearseSave(to path: String, byteCount: Int) throws(CheckpointError) {
    try CheckpointError.throwing { () throws(FileError) in
      try AtomicSave(path: path).rehearse(byteCount: byteCount)
    }
  }
}

/// An encoded file, ready to be written.
struct EncodedFile {
  /// The file's bytes, in consecutive pieces.
  private(set) var pieces: [[UInt8]] = []
  /// The number of bytes.
  private(set) var size = 0

  init(
    _ checkpoint: Checkpoint, name file: String, compression: Compression
  ) throws(CheckpointError) {
    let contents = checkpoint.contents.sorted { $0.key < $1.key }
    try EncodedFile.check(contents, file: file)
    let payloads = StoredPayload.all(contents.map(\.value), compression: compression)
    var entries: [IndexEntry] = []
    let namesSize = contents.reduce(0) { $0 + $1.key.name.utf8.count }
    let indexSize = Format.indexHeaderSize + Format.entrySize * contents.count + namesSize
    var end = UInt64(Format.preambleSize + indexSize)
    for ((key, content), payload) in zip(contents, payloads) {
      let entry = IndexEntry(
        key: key, kind: content.kind, elementType: content.elementType, shape: content.shape,
        codec: payload.codec, filter: payload.filter,
        flags: key.section == .scales ? Format.mustUnderstand : 0, offset: Format.aligned(end),
        storedSize: UInt64(payload.bytes.count), rawSize: UInt64(content.bytes.count),
        storedChecksum: payload.storedChecksum, rawChecksum: payload.rawChecksum)
      entries.append(entry)
      end = entry.end
    }
    let index = IndexEntry.index(of: entries)
    let preamble = Preamble(
      fileLength: end, indexSize: UInt32(index.count), entryCount: UInt32(entries.count),
      indexChecksum: crc32(index))
    append(preamble.bytes)
    append(index)
    for (entry, payload) in zip(entries, payloads) {
      append([UInt8](repeating: 0, count: Int(entry.offset) - size))
      append(payload.bytes)
    }
  }

  private mutating func append(_ piece: [UInt8]) {
    guard !piece.isEmpty else { return }
    pieces.append(piece)
    size += piece.count
  }

  /// Throws if a reader with the default limits would refuse the file.
  private static func check(
    _ contents: [(key: Checkpoint.Key, value: Checkpoint.Content)], file: String
  ) throws(CheckpointError) {
    let limits = ReadLimits()
    try limits.check(.entries, UInt64(contents.count), of: nil, in: file)
    var (indexSize, totalSize): (UInt64, UInt64) = (UInt64(Format.indexHeaderSize), 0)
    for (number, (key, content)) in contents.enumerated() {
      guard (1...Format.maximumNameSize).contains(key.name.utf8.count) else {
        throw CheckpointError(file: file, .nameBounds(entry: number))
      }
      guard !key.name.hasControlCharacter else {
        throw CheckpointError(file: file, .nameControlCharacter(entry: number))
      }
      guard content.shape.count <= Format.maximumRank else {
        throw CheckpointError(file: file, .badRank(key, found: content.shape.count))
      }
      for extent in content.shape {
        try limits.check(.dimension, UInt64(extent), of: key, in: file)
      }
      let size = UInt64(content.bytes.count)
      try limits.check(.entryBytes, size, of: key, in: file)
      if content.kind == .json { try limits.check(.jsonBytes, size, of: key, in: file) }
      totalSize += size
      try limits.check(.totalBytes, totalSize, of: key, in: file)
      indexSize += UInt64(Format.entrySize + key.name.utf8.count)
      try limits.check(.indexBytes, indexSize, of: key, in: file)
    }
  }
}

extension Checkpoint.Content {
  /// The content's uncompressed bytes.
  var bytes: [UInt8] {
    switch self {
    case .tensor(let array): array.bytes
    case .bytes(let bytes), .json(let bytes): bytes
    }
  }

  var elementType: ElementType {
    if case .tensor(let array) = self { array.elementType } else { .uint8 }
  }

  var shape: [Int] {
    if case .tensor(let array) = self { array.shape } else { [bytes.count] }
  }
}
