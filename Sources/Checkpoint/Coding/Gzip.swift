/// What is wrong with a gzip file, and at which byte.
package struct GzipFault: Error, Equatable {
  package var offset: Int
  package var expected: String
  package var found: String
}

/// Reads gzip files of one member (RFC 1952).
package enum Gzip {
  private static let smallestHeader = 10
  private static let trailerSize = 8
  /// No byte of a deflate stream gives more bytes.
  private static let largestRatio = 1032

  /// The content of a gzip file.
  ///
  /// - Throws: ``GzipFault`` where it is none, is damaged, or holds more than `limit` bytes; before memory is
  ///   taken for more than the file can hold.
  package static func unpack(_ bytes: [UInt8], limit: Int) throws(GzipFault) -> [UInt8] {
    let start = try bodyStart(bytes)
    let end = bytes.count - trailerSize
    guard start <= end else {
      throw GzipFault(offset: bytes.count, expected: "a checksum", found: "the end")
    }
    func number(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
    let count = Int(number(end + 4))
    let most = min(limit, (end - start) * largestRatio)
    guard count <= most else {
      throw GzipFault(offset: end + 4, expected: "at most \(most) bytes", found: "\(count)")
    }
    let content: [UInt8]
    do throws(Inflate.Failure) {
      content = try Inflate.expanded(
        Array(bytes[start..<end]), count: count, wrapping: .none)
    } catch {
      throw GzipFault(
        offset: start, expected: "a deflate stream of \(count) bytes", found: "\(error)")
    }
    let checksum = crc32(content)
    guard checksum == number(end) else {
      throw GzipFault(offset: end, expected: "the checksum \(number(end))", found: "\(checksum)")
    }
    return content
  }

  /// Where the deflate stream begins: behind the header and its optional parts.
  private static func bodyStart(_ bytes: [UInt8]) throws(GzipFault) -> Int {
    guard bytes.count >= smallestHeader, bytes.starts(with: [0x1F, 0x8B, 8]) else {
      throw GzipFault(offset: 0, expected: "a gzip file", found: "another one")
    }
    let flags = bytes[3]
    var place = smallestHeader
    if flags & 4 != 0 {
      guard place + 2 <= bytes.count else { throw tooShort(bytes) }
      place += 2 + Int(bytes[place]) + Int(bytes[place + 1]) << 8
    }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      guard place <= bytes.count, let end = bytes[place...].firstIndex(of: 0) else {
        throw tooShort(bytes)
      }
      place = end + 1
    }
    if flags & 2 != 0 { place += 2 }
    return place
  }

  private static func tooShort(_ bytes: [UInt8]) -> GzipFault {
    GzipFault(offset: bytes.count, expected: "the rest of the header", found: "the end")
  }
}
