/// Reads gzip files (RFC 1952); the contents of several members are concatenated.
package enum Gzip {
  private static let smallestHeader = 10
  private static let trailerSize = 8

  /// Whether bytes begin with the magic number of gzip.
  package static func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The content of a gzip file.
  ///
  /// - Throws: ``ByteFault`` if it is not gzip, is damaged, or expands to more than `limit` bytes; no more are held.
  package static func unpack(_ bytes: [UInt8], limit: Int) throws(ByteFault) -> [UInt8] {
    var content: [UInt8] = []
    var place = 0
    repeat {
      let start = try bodyStart(bytes, from: place)
      let before = content.count
      var inflate = Inflate(bytes, at: start, appendingTo: content, limit: limit)
      content = []
      let end = try inflate.expand()
      content = inflate.output
      guard end + trailerSize <= bytes.count else { throw tooShort(bytes, "a checksum") }
      let stated = bytes.littleEndian(UInt32.self, at: end)
      var checksum = CRC32()
      checksum.update(content[before...])
      guard checksum.value == stated else {
        throw ByteFault(
          offset: end, expected: "the checksum \(stated)", found: "\(checksum.value)")
      }
      let size = bytes.littleEndian(UInt32.self, at: end + 4)
      guard size == UInt32(truncatingIfNeeded: content.count - before) else {
        throw ByteFault(
          offset: end + 4, expected: "a size of \(content.count - before)", found: "\(size)")
      }
      place = end + trailerSize
      // Padding with zeros, as on tapes, is allowed.
      if bytes[place...].allSatisfy({ $0 == 0 }) { return content }
    } while true
  }

  /// The offset of a member's deflate stream, after the header and its optional fields.
  private static func bodyStart(_ bytes: [UInt8], from start: Int) throws(ByteFault) -> Int {
    guard bytes[start...].starts(with: [0x1F, 0x8B, 8]), start + smallestHeader <= bytes.count
    else {
      throw ByteFault(offset: start, expected: "a gzip file", found: "another one")
    }
    let flags = bytes[start + 3]
    var place = start + smallestHeader
    if flags & 4 != 0 {
      guard place + 2 <= bytes.count else { throw tooShort(bytes, "the rest of the header") }
      place += 2 + Int(bytes.littleEndian(UInt16.self, at: place))
    }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      guard place <= bytes.count, let end = bytes[place...].firstIndex(of: 0) else {
        throw tooShort(bytes, "the rest of the header")
      }
      place = end + 1
    }
    if flags & 2 != 0 { place += 2 }
    guard place <= bytes.count else { throw tooShort(bytes, "the rest of the header") }
    return place
  }

  private static func tooShort(_ bytes: [UInt8], _ expected: String) -> ByteFault {
    ByteFault(offset: bytes.count, expected: expected, found: "the end")
  }
}
