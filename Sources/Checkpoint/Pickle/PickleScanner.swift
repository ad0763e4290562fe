import FileCore

/// Reads the arguments of pickle instructions.
struct PickleScanner {
  let bytes: [UInt8]
  var position: Int

  /// The most bytes of a string of Python 2 that becomes a text.
  private static let shortTextSize = 1 << 16
  /// The most characters of a number or a name as text.
  private static let maximumLine = 512

  private func failure(_ problem: String) -> FormatError {
    FormatError(offset: position, problem: problem)
  }

  /// The next byte.
  mutating func byte() throws(FormatError) -> UInt8 {
    guard position < bytes.count else { throw failure("cut off") }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func skip(_ count: Int) throws(FormatError) { _ = try range(size: count) }

  mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type
  ) throws(FormatError) -> Number {
    guard bytes.count - position >= MemoryLayout<Number>.size else { throw failure("cut off") }
    defer { position += MemoryLayout<Number>.size }
    return bytes.littleEndian(type, at: position)
  }

  /// A size of eight bytes.
  mutating func wideSize() throws(FormatError) -> Int {
    let size = try number(UInt64.self)
    guard size <= UInt64(bytes.count) else { throw failure("cut off") }
    return Int(size)
  }

  mutating func bigEndianDouble() throws(FormatError) -> Double {
    Double(bitPattern: try number(UInt64.self).byteSwapped)
  }

  /// The place of the next `size` bytes.
  mutating func range(size: Int) throws(FormatError) -> Range<Int> {
    guard size >= 0, size <= bytes.count - position else { throw failure("cut off") }
    defer { position += size }
    return position..<position + size
  }

  /// An integer in two's complement.
  mutating func longInteger(size: Int) throws(FormatError) -> PickleValue {
    let range = try range(size: size)
    guard size <= 8 else { return .longInteger }
    guard size > 0 else { return .integer(0) }
    var pattern: UInt64 = bytes[range.upperBound - 1] & 0x80 == 0 ? 0 : .max
    for index in range.reversed() { pattern = pattern << 8 | UInt64(bytes[index]) }
    return .integer(Int(Int64(bitPattern: pattern)))
  }

  mutating func text(size: Int) throws(FormatError) -> String {
    let range = try range(size: size)
    guard let text = String(utf8: bytes[range]) else {
      throw failure("expected a text in UTF-8, found other bytes")
    }
    return text
  }

  /// The text of a string of Python 2, if it is one; nil for long or other bytes.
  func shortText(_ bytes: ArraySlice<UInt8>) -> String? {
    bytes.count <= Self.shortTextSize ? String(utf8: bytes) : nil
  }

  /// The bytes up to the end of the line, which is passed.
  private mutating func line(atMost limit: Int) throws(FormatError) -> ArraySlice<UInt8> {
    let rest = bytes[position...].prefix(limit)
    guard let end = rest.firstIndex(of: 0x0A) else {
      throw failure("expected a line of at most \(limit) bytes, found none")
    }
    defer { position = end + 1 }
    return bytes[position..<end]
  }

  private mutating func shortLine() throws(FormatError) -> String {
    let line = try line(atMost: Self.maximumLine)
    guard let text = String(utf8: line) else { throw failure("expected text, found other bytes") }
    return text
  }

  mutating func nameLine() throws(FormatError) -> String {
    let name = try shortLine()
    guard !name.hasControlCharacter else { throw failure("expected a name, found other text") }
    return name
  }

  /// A number of the memo.
  mutating func decimal() throws(FormatError) -> Int {
    let line = try shortLine()
    guard let number = Int(line) else { throw failure("expected a number, found other text") }
    return number
  }

  /// An integer as text; `00` and `01` are truth values, an `L` may end it.
  mutating func integerLine() throws(FormatError) -> PickleValue {
    var line = try shortLine()
    if line == "00" { return .bool(false) }
    if line == "01" { return .bool(true) }
    if line.hasSuffix("L") { line.removeLast() }
    if let number = Int(line) { return .integer(number) }
    let digits = line.hasPrefix("-") ? line.dropFirst() : line[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw failure("expected a whole number, found other text")
    }
    return .longInteger
  }

  mutating func floatLine() throws(FormatError) -> Double {
    let line = try shortLine()
    guard let number = Double(line) else { throw failure("expected a number, found other text") }
    return number
  }

  /// A string of Python 2 in quotes, with escapes.
  mutating func quotedLine() throws(FormatError) -> [UInt8] {
    let line = try line(atMost: bytes.count)
    guard line.count >= 2, let quote = line.first, quote == line.last,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { throw failure("expected a string in quotes, found other text") }
    var (result, index) = ([UInt8](), line.startIndex + 1)
    result.reserveCapacity(line.count)
    let end = line.endIndex - 1
    while index < end {
      guard line[index] == UInt8(ascii: "\\"), index + 1 < end else {
        result.append(line[index])
        index += 1
        continue
      }
      let escape = line[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "x"):
        guard index + 2 <= end, let byte = Self.hexadecimal(line[index..<index + 2]) else {
          throw failure("expected two hexadecimal digits after an escape")
        }
        result.append(UInt8(byte))
        index += 2
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(escape)
      default: result += [UInt8(ascii: "\\"), escape]
      }
    }
    return result
  }

  /// A text with escapes, `\u` and four or `\U` and eight hexadecimal digits; other bytes are Latin-1.
  mutating func escapedLine() throws(FormatError) -> String {
    let line = try line(atMost: bytes.count)
    var (units, index) = (String.UnicodeScalarView(), line.startIndex)
    while index < line.endIndex {
      let isEscape = line[index] == UInt8(ascii: "\\") && index + 1 < line.endIndex
      let digits =
        isEscape && line[index + 1] == UInt8(ascii: "u")
        ? 4 : isEscape && line[index + 1] == UInt8(ascii: "U") ? 8 : 0
      guard digits > 0 else {
        units.append(Unicode.Scalar(line[index]))
        index += 1
        continue
      }
      guard index + 2 + digits <= line.endIndex,
        let code = Self.hexadecimal(line[index + 2..<index + 2 + digits]),
        let scalar = Unicode.Scalar(code)
      else { throw failure("expected a Unicode scalar in an escape") }
      units.append(scalar)
      index += 2 + digits
    }
    return String(units)
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
    UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
