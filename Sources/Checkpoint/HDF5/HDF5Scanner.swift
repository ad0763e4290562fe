import FileCore

/// The bytes of an HDF5 file, and the widths of its numbers.
struct HDF5Bytes: Sendable {
  let bytes: [UInt8]
  /// The offset that addresses count from.
  var base = 0
  /// The width of addresses and of lengths: 4 or 8 bytes.
  var offsetWidth = 8
  var lengthWidth = 8

  /// A scanner of the bytes from an address on; `count` nil means to the end of the file.
  func scanner(at address: Int, count: Int? = nil) throws(FormatError) -> HDF5Scanner {
    let (start, overflow) = base.addingReportingOverflow(address)
    guard !overflow, start >= 0, start <= bytes.count, (count ?? 0) >= 0,
      (count ?? 0) <= bytes.count - start
    else {
      throw FormatError(
        offset: address, problem: "expected inside the file of \(bytes.count) bytes, found beyond")
    }
    return HDF5Scanner(
      file: self, position: start, end: count.map { start + $0 } ?? bytes.count)
  }
}

/// Reads numbers and texts one after the other.
struct HDF5Scanner {
  let file: HDF5Bytes
  /// The offset of the next byte in the file.
  private(set) var position: Int
  let end: Int

  init(file: HDF5Bytes, position: Int, end: Int) {
    (self.file, self.position, self.end) = (file, position, end)
  }

  /// The number of bytes that are left.
  var remaining: Int { end - position }

  func failure(_ problem: String) -> FormatError { FormatError(offset: position, problem: problem) }

  /// The place of the next `count` bytes, which are passed.
  mutating func range(_ count: Int) throws(FormatError) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw failure("cut off: expected \(count) bytes, found \(remaining)")
    }
    defer { position += count }
    return position..<position + count
  }

  mutating func skip(_ count: Int) throws(FormatError) { _ = try range(count) }

  /// An unsigned number of up to eight bytes.
  mutating func unsigned(_ width: Int) throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    for index in try range(width).reversed() { value = value << 8 | UInt64(file.bytes[index]) }
    return value
  }

  /// A number of up to eight bytes that fits `Int`.
  mutating func number(_ width: Int) throws(FormatError) -> Int {
    let start = position
    let value = try unsigned(width)
    guard value <= UInt64(Int.max) else {
      throw FormatError(offset: start, problem: "expected a number below 2^63, found \(value)")
    }
    return Int(value)
  }

  mutating func byte() throws(FormatError) -> Int { try number(1) }

  mutating func length() throws(FormatError) -> Int { try number(file.lengthWidth) }

  /// An address; nil if it is undefined, which is all bits set.
  mutating func address() throws(FormatError) -> Int? {
    let value = try unsigned(file.offsetWidth)
    guard value != (file.offsetWidth == 8 ? .max : 1 << (8 * file.offsetWidth) - 1) else {
      return nil
    }
    guard value <= UInt64(Int.max) else { throw failure("expected an address below 2^63") }
    return Int(value)
  }

  mutating func expect(_ signature: StaticString) throws(FormatError) {
    let start = position
    let range = try range(signature.utf8CodeUnitCount)
    let found = file.bytes[range]
    guard signature.withUTF8Buffer({ found.elementsEqual($0) }) else {
      throw FormatError(offset: start, problem: "expected \(signature), found other bytes")
    }
  }

  mutating func expect(version: ClosedRange<Int>, of structure: String) throws(FormatError) -> Int {
    let found = try byte()
    guard version.contains(found) else {
      throw failure("\(structure): expected version \(version), found \(found)")
    }
    return found
  }

  /// A text of `count` bytes, up to its first null character.
  mutating func text(_ count: Int) throws(FormatError) -> String {
    let bytes = file.bytes[try range(count)].prefix { $0 != 0 }
    guard let text = String(utf8: bytes) else {
      throw failure("expected a text in UTF-8, found other bytes")
    }
    return text
  }

  /// The name of a link or an attribute.
  mutating func name(_ count: Int) throws(FormatError) -> String {
    let text = try text(count)
    guard !text.isEmpty, text.utf8.count <= Format.maximumNameSize, !text.hasControlCharacter else {
      throw failure("expected a printable name of 1 to \(Format.maximumNameSize) bytes")
    }
    return text
  }

  /// A scanner of the next `count` bytes, which are passed.
  mutating func part(_ count: Int) throws(FormatError) -> HDF5Scanner {
    let range = try range(count)
    return HDF5Scanner(file: file, position: range.lowerBound, end: range.upperBound)
  }

  /// Checks that the four bytes at the end of `start ..< position + 4` are the checksum of those before.
  mutating func expectChecksum(from start: Int) throws(FormatError) {
    let expected = HDF5Checksum.lookup3(file.bytes[start..<position])
    let found = UInt32(try unsigned(4))
    guard expected == found else {
      throw FormatError(
        offset: start,
        problem: "damaged: expected checksum \(String(found, radix: 16)), found "
          + String(expected, radix: 16))
    }
  }
}

/// The checksums of HDF5.
enum HDF5Checksum {
  /// Bob Jenkins' hash `lookup3` (`hashlittle` with the initial value 0), which protects metadata.
  static func lookup3(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let start = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count)
    var (a, b, c) = (start, start, start)
    var rest = bytes
    func word(_ number: Int) -> UInt32 {
      rest.dropFirst(4 * number).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    while !rest.isEmpty {
      (a, b, c) = (a &+ word(0), b &+ word(1), c &+ word(2))
      guard rest.count > 12 else {
        mixLast(&a, &b, &c)
        break
      }
      mix(&a, &b, &c)
      rest = rest.dropFirst(12)
    }
    return c
  }

  private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }

  /// Mixes twelve bytes that others follow.
  private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    for counts: (UInt32, UInt32, UInt32) in [(4, 6, 8), (16, 19, 4)] {
      a = (a &- c) ^ rotated(c, counts.0)
      c = c &+ b
      b = (b &- a) ^ rotated(a, counts.1)
      a = a &+ c
      c = (c &- b) ^ rotated(b, counts.2)
      b = b &+ a
    }
  }

  /// Mixes the last bytes.
  private static func mixLast(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    c = (c ^ b) &- rotated(b, 14)
    a = (a ^ c) &- rotated(c, 11)
    b = (b ^ a) &- rotated(a, 25)
    c = (c ^ b) &- rotated(b, 16)
    a = (a ^ c) &- rotated(c, 4)
    b = (b ^ a) &- rotated(a, 14)
    c = (c ^ b) &- rotated(b, 24)
  }

  /// Fletcher's checksum of 16-bit big-endian words, of the filter `fletcher32`.
  static func fletcher32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var (first, second) = (UInt32(0), UInt32(0))
    var position = bytes.startIndex
    var words = bytes.count / 2
    while words > 0 {
      let block = min(words, 360)
      words -= block
      for _ in 0..<block {
        first &+= UInt32(bytes[position]) << 8 | UInt32(bytes[position + 1])
        second &+= first
        position += 2
      }
      first = first & 0xFFFF &+ first >> 16
      second = second & 0xFFFF &+ second >> 16
    }
    if bytes.count % 2 == 1 {
      first &+= UInt32(bytes[position]) << 8
      second &+= first
      first = first & 0xFFFF &+ first >> 16
      second = second & 0xFFFF &+ second >> 16
    }
    first = first & 0xFFFF &+ first >> 16
    second = second & 0xFFFF &+ second >> 16
    return second << 16 | first
  }
}
