import FileCore

/// The directory at the end of a zip archive.
///
/// ```
/// directory entry:  0 "PK\1\2"  8 flags  10 method  16 CRC-32  20 stored size  24 raw size
///                  28 bytes of name, 30 of extra fields, 32 of comment  42 offset  46 name, extra fields, comment
/// end record:       0 "PK\5\6"  4 disks (0, 0)  8 entries, twice  12 directory's size  16 its offset
///                  20 bytes of comment, at the end of the file
/// ```
///
/// Numbers that do not fit are in an extra field of tag 1 (of an entry) or in a zip64 end record of 64-bit numbers.
struct ZipDirectory {
  var entries: [ZipArchive.Entry] = []
  /// The offset of the directory in the file.
  var offset = 0

  private let file: String
  private let limits: ReadLimits
  private static let endSize = 22
  private static let entrySize = 46

  init(reading source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    file = source.name
    self.limits = limits
    let end = try endRecord(of: source)
    let directoryEnd = end.offset.addingReportingOverflow(end.size)
    guard !directoryEnd.overflow, directoryEnd.partialValue <= UInt64(end.position) else {
      throw failure("expected a directory before the end record, found it elsewhere")
    }
    try limits.check(.entries, end.count, of: nil, in: file)
    try limits.check(.indexBytes, end.size, of: nil, in: file)
    offset = Int(end.offset)
    let bytes = try source.read(at: offset, count: Int(end.size))
    var position = 0
    for _ in 0..<end.count { entries.append(try entry(bytes, at: &position)) }
    guard position == bytes.count else {
      throw failure("expected \(end.count) entries in the directory, found more")
    }
    try checkPlaces()
  }

  private func failure(_ reason: String, _ name: String = "") -> CheckpointError {
    CheckpointError(file: file, format: ZipArchive.format, place: name, reason: reason)
  }

  private typealias End = (position: Int, count: UInt64, size: UInt64, offset: UInt64)

  /// Finds the end record; only its own comment may follow it.
  private func endRecord(of source: ByteSource) throws(CheckpointError) -> End {
    let size = min(source.count, Self.endSize + Int(UInt16.max))
    let start = source.count - size
    let tail = try source.read(at: start, count: size)
    var found: Int?
    for position in stride(from: tail.count - Self.endSize, through: 0, by: -1)
    where tail[position] == 0x50 && tail.littleEndian(UInt32.self, at: position) == 0x0605_4B50 {
      let comment = Int(tail.littleEndian(UInt16.self, at: position + 20))
      guard position + Self.endSize + comment == tail.count else { continue }
      found = position
      break
    }
    guard let found else {
      throw failure("cut off or damaged: expected an end record, found none")
    }
    let end = (
      position: start + found, count: UInt64(tail.littleEndian(UInt16.self, at: found + 10)),
      size: UInt64(tail.littleEndian(UInt32.self, at: found + 12)),
      offset: UInt64(tail.littleEndian(UInt32.self, at: found + 16))
    )
    guard tail.littleEndian(UInt32.self, at: found + 4) == 0,
      tail.littleEndian(UInt16.self, at: found + 8) == UInt16(end.count)
    else { throw failure("expected an archive of one part, found a part of several") }
    guard end.count == 0xFFFF || end.size == 0xFFFF_FFFF || end.offset == 0xFFFF_FFFF else {
      return end
    }
    return try wideEndRecord(of: source, before: end.position)
  }

  /// The zip64 end record; its locator precedes the plain end record.
  private func wideEndRecord(
    of source: ByteSource, before position: Int
  ) throws(CheckpointError) -> End {
    let missing = failure("expected a second end record of 64-bit numbers, found none")
    guard position >= 20 + 56 else { throw missing }
    let locator = try source.read(at: position - 20, count: 20)
    let place = locator.littleEndian(UInt64.self, at: 8)
    guard locator.littleEndian(UInt32.self, at: 0) == 0x0706_4B50,
      place <= UInt64(position - 20 - 56)
    else { throw missing }
    let record = try source.read(at: Int(place), count: 56)
    guard record.littleEndian(UInt32.self, at: 0) == 0x0606_4B50 else { throw missing }
    return (
      position: Int(place), count: record.littleEndian(UInt64.self, at: 32),
      size: record.littleEndian(UInt64.self, at: 40),
      offset: record.littleEndian(UInt64.self, at: 48)
    )
  }

  private func entry(
    _ bytes: [UInt8], at position: inout Int
  ) throws(CheckpointError) -> ZipArchive.Entry {
    let start = position
    let place = "entry \(entries.count)"
    guard bytes.count - start >= Self.entrySize,
      bytes.littleEndian(UInt32.self, at: start) == 0x0201_4B50
    else { throw failure("expected a directory entry, found something else", place) }
    func short(_ offset: Int) -> Int { Int(bytes.littleEndian(UInt16.self, at: start + offset)) }
    func long(_ offset: Int) -> UInt64 {
      UInt64(bytes.littleEndian(UInt32.self, at: start + offset))
    }
    let nameStart = start + Self.entrySize
    let extraStart = nameStart + short(28)
    position = extraStart + short(30) + short(32)
    guard position <= bytes.count else {
      throw failure("expected a name inside the directory, found a longer one", place)
    }
    let name = try name(bytes[nameStart..<extraStart], place)
    guard short(8) & ~0x080E == 0 else {
      throw failure("encrypted, or of a kind that is not known: flags \(short(8))", name)
    }
    guard short(10) == 0 || short(10) == 8 else {
      throw failure("expected stored or deflated bytes, found method \(short(10))", name)
    }
    var numbers = [long(24), long(20), long(42)]
    try widen(&numbers, bytes[extraStart..<extraStart + short(30)], name)
    let (raw, stored) = (numbers[0], numbers[1])
    try limits.check(.entryBytes, max(raw, stored), of: nil, in: file)
    let isDeflated = short(10) == 8
    guard isDeflated ? raw <= 1032 * stored + 64 : raw == stored else {
      throw failure("\(stored) stored bytes cannot stand for \(raw) bytes", name)
    }
    try limits.checkMemory(name, isDeflated ? stored + raw : raw, in: file)
    guard numbers[2] <= UInt64(offset) else {
      throw failure("expected before the directory, found at byte \(numbers[2])", name)
    }
    return ZipArchive.Entry(
      name: name, isDeflated: isDeflated, checksum: UInt32(long(16)), storedSize: Int(stored),
      rawSize: Int(raw), headerOffset: Int(numbers[2]))
  }

  private func name(
    _ bytes: ArraySlice<UInt8>, _ place: String
  ) throws(CheckpointError) -> String {
    guard let name = String(utf8: bytes),
      !name.isEmpty, name.utf8.count <= Format.maximumNameSize, !name.hasControlCharacter
    else { throw failure("expected a printable name of 1 to 512 bytes in UTF-8", place) }
    return name
  }

  /// Reads the numbers that did not fit 32 bits from the extra field of tag 1, in their order.
  private func widen(
    _ numbers: inout [UInt64], _ extra: ArraySlice<UInt8>, _ name: String
  ) throws(CheckpointError) {
    var missing = numbers.indices.filter { numbers[$0] == 0xFFFF_FFFF }
    guard !missing.isEmpty else { return }
    let extra = Array(extra)
    var position = 0
    while position + 4 <= extra.count, !missing.isEmpty {
      let tag = extra.littleEndian(UInt16.self, at: position)
      let end = position + 4 + Int(extra.littleEndian(UInt16.self, at: position + 2))
      guard end <= extra.count else { break }
      var field = position + 4
      while tag == 1, field + 8 <= end, let index = missing.first {
        numbers[index] = extra.littleEndian(UInt64.self, at: field)
        missing.removeFirst()
        field += 8
      }
      position = end
    }
    guard missing.isEmpty else {
      throw failure("expected sizes of 64 bits in an extra field, found none", name)
    }
  }

  /// Checks that no two entries share bytes and that all together stay within the limits.
  private func checkPlaces() throws(CheckpointError) {
    var (end, total) = (0, 0 as UInt64)
    for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      guard entry.headerOffset >= end else {
        throw failure(
          "expected at byte \(end) or later, found at \(entry.headerOffset)", entry.name)
      }
      end = entry.headerOffset + ZipArchive.headerSize + entry.name.utf8.count + entry.storedSize
      guard end <= offset else {
        throw failure(
          "expected to end before the directory, found its end at byte \(end)", entry.name)
      }
      total += UInt64(entry.rawSize)
      try limits.check(.totalBytes, total, of: nil, in: file)
    }
  }
}
