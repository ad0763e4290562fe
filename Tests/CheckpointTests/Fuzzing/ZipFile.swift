/// `checksum`, which inside an entry is the name of its own.
private func crc(of bytes: [UInt8]) -> UInt32 { checksum(bytes) }

/// The parts of a zip archive, which are changed and written again with correct checksums and offsets.
struct ZipFile {
  /// An entry; its header is correct unless it is changed.
  struct Entry {
    var name: [UInt8]
    var method: UInt16 = 0
    var checksum: UInt32
    var rawSize: UInt32
    /// The stored bytes.
    var stored: [UInt8]

    /// An entry that is not compressed.
    init(name: [UInt8], stored: [UInt8]) {
      (self.name, self.stored) = (name, stored)
      rawSize = UInt32(stored.count)
      checksum = crc(of: stored)
    }
  }

  var entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  /// Parses an archive entry by entry from its start; nil if it does not start with an entry.
  init?(taking bytes: [UInt8]) {
    entries = []
    var position = 0
    while position + 30 <= bytes.count, bytes.number(UInt32.self, at: position) == 0x0403_4B50 {
      let nameStart = position + 30
      let dataStart =
        nameStart + Int(bytes.number(UInt16.self, at: position + 26))
        + Int(bytes.number(UInt16.self, at: position + 28))
      var size = Int(bytes.number(UInt32.self, at: position + 18))
      // PyTorch writes the size after the bytes, so they end at the next header.
      if size == 0, bytes[position + 6] & 8 != 0 {
        size = Self.distanceToSignature(in: bytes, from: dataStart)
      }
      guard dataStart + size <= bytes.count else { break }
      var entry = Entry(
        name: Array(
          bytes[nameStart..<nameStart + Int(bytes.number(UInt16.self, at: position + 26))]),
        stored: Array(bytes[dataStart..<dataStart + size]))
      entry.method = bytes.number(UInt16.self, at: position + 8)
      if entry.method != 0 {
        entry.checksum = bytes.number(UInt32.self, at: position + 14)
        entry.rawSize = bytes.number(UInt32.self, at: position + 22)
      }
      entries.append(entry)
      position = dataStart + size
      if position + 4 <= bytes.count, bytes.number(UInt32.self, at: position) == 0x0807_4B50 {
        position += 16
      }
    }
    guard !entries.isEmpty else { return nil }
  }

  private static func distanceToSignature(in bytes: [UInt8], from start: Int) -> Int {
    var position = start
    while position + 4 <= bytes.count {
      if [0x0807_4B50, 0x0403_4B50, 0x0201_4B50].contains(bytes.number(UInt32.self, at: position)) {
        break
      }
      position += 1
    }
    return position - start
  }

  /// The archive's bytes.
  var bytes: [UInt8] {
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
      let common =
        little(0 as UInt16) + little(entry.method) + little(0 as UInt32) + little(entry.checksum)
        + little(UInt32(entry.stored.count)) + little(entry.rawSize)
        + little(UInt16(entry.name.count)) + little(0 as UInt16)
      directory += [0x50, 0x4B, 1, 2] + little(20 as UInt16) + little(20 as UInt16) + common
      directory += [UInt8](repeating: 0, count: 10) + little(UInt32(file.count)) + entry.name
      file += [0x50, 0x4B, 3, 4] + little(20 as UInt16) + common + entry.name + entry.stored
    }
    let count = little(UInt16(truncatingIfNeeded: entries.count))
    return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
      + little(UInt32(directory.count)) + little(UInt32(file.count)) + [0, 0]
  }
}
