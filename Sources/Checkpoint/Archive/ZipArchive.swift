import FileCore

/// A zip archive, as PyTorch and NumPy write them: named entries, each with a checksum, stored or deflated.
///
/// Opening reads only the directory at the file's end. Every entry must lie inside the file, before the directory, and
/// must not overlap another, so that a small file cannot expand without bound.
struct ZipArchive: Sendable {
  /// What the directory says about an entry.
  struct Entry: Hashable, Sendable {
    var name: String
    var isDeflated: Bool
    var checksum: UInt32
    /// Sizes in bytes: as stored in the file, and decompressed.
    var storedSize: Int
    var rawSize: Int
    /// The offset of the entry's local header in the file.
    var headerOffset: Int

    /// Whether the checksum is 0, which writers without checksums give, though there are bytes.
    var lacksChecksum: Bool { checksum == 0 && rawSize > 0 }
  }

  static let format = "zip archive"
  /// The size of a local header, without its name and extra fields.
  static let headerSize = 30

  let source: ByteSource
  /// The entries in the order of the directory.
  let entries: [Entry]
  /// Whether a checksum of 0 stands for none.
  private let mayLackChecksums: Bool
  private let positions: ExactDictionary<Int>
  /// The offset of the directory; all entries lie before it.
  private let directoryOffset: Int

  /// The file's name in errors.
  var file: String { source.name }

  init(
    reading source: ByteSource, mayLackChecksums: Bool = false, limits: ReadLimits
  ) throws(CheckpointError) {
    self.mayLackChecksums = mayLackChecksums
    let directory = try ZipDirectory(reading: source, limits: limits)
    self.source = source
    entries = directory.entries
    directoryOffset = directory.offset
    var positions = ExactDictionary<Int>(minimumCapacity: entries.count)
    for (position, entry) in entries.enumerated() {
      guard positions.updateValue(position, forKey: entry.name) == nil else {
        throw CheckpointError(
          file: source.name, format: Self.format, place: entry.name,
          reason: "there are two entries of this name")
      }
    }
    self.positions = positions
  }

  /// The entry of a name, if there is one.
  subscript(name: String) -> Entry? { positions[name].map { entries[$0] } }

  /// An entry's decompressed bytes; their checksum is verified.
  func bytes(of entry: Entry) throws(CheckpointError) -> [UInt8] {
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(file: file, format: Self.format, place: entry.name, reason: reason)
    }
    let stored = try source.read(at: try dataOffset(of: entry), count: entry.storedSize)
    var raw = stored
    if entry.isDeflated {
      do throws(Inflate.Failure) {
        raw = try Inflate.expanded(stored, count: entry.rawSize, wrapping: .none)
      } catch {
        throw self.failure(error, of: entry)
      }
    }
    if mayLackChecksums, entry.lacksChecksum { return raw }
    let checksum = crc32(raw)
    guard checksum == entry.checksum else {
      throw failure(
        "damaged: expected checksum \(String(entry.checksum, radix: 16)), "
          + "found \(String(checksum, radix: 16))")
    }
    return raw
  }

  /// The first bytes of an entry, decompressed; all of them if there are at most `count`. They are not verified.
  func start(of entry: Entry, count: Int) throws(CheckpointError) -> [UInt8] {
    let count = min(count, entry.rawSize)
    // Bytes that cannot be compressed become a little more.
    let size = min(entry.storedSize, entry.isDeflated ? 2 * count + 1024 : count)
    let stored = try source.read(at: try dataOffset(of: entry), count: size)
    guard entry.isDeflated else { return stored }
    do throws(Inflate.Failure) {
      return try Inflate.start(of: stored, count: count)
    } catch {
      throw failure(error, of: entry)
    }
  }

  private func failure(_ error: Inflate.Failure, of entry: Entry) -> CheckpointError {
    let reason =
      switch error {
      case .malformed(let reason): "cannot be decompressed: \(reason)"
      case .wrongSize: "expected \(entry.rawSize) decompressed bytes, found another number"
      case .trailing(let count):
        "expected the stream to end with the entry, found \(count) bytes after it"
      }
    return CheckpointError(file: file, format: Self.format, place: entry.name, reason: reason)
  }

  /// The offset of an entry's bytes, after its local header, which must agree with the directory.
  private func dataOffset(of entry: Entry) throws(CheckpointError) -> Int {
    let header = try source.read(at: entry.headerOffset, count: Self.headerSize)
    let nameSize = Int(header.littleEndian(UInt16.self, at: 26))
    let extraSize = Int(header.littleEndian(UInt16.self, at: 28))
    let start = entry.headerOffset + Self.headerSize + nameSize + extraSize
    guard header.littleEndian(UInt32.self, at: 0) == 0x0403_4B50,
      header.littleEndian(UInt16.self, at: 8) == (entry.isDeflated ? 8 : 0),
      start <= directoryOffset - entry.storedSize,
      try source.read(at: entry.headerOffset + Self.headerSize, count: nameSize)
        .elementsEqual(entry.name.utf8)
    else {
      throw CheckpointError(
        file: file, format: Self.format, place: entry.name,
        reason: "expected a header at byte \(entry.headerOffset) that agrees with the directory, "
          + "found another one")
    }
    return start
  }
}

extension CheckpointError {
  /// The error for a file of another library's format.
  package init(file: String, format: String, place: String, reason: String) {
    self.init(file: file, .malformed(format: format, place: place, reason: reason))
  }
}
