extension JSONScanner {
  /// Reads a string; returns its value.
  package mutating func string() throws(JSONError) -> String {
    let start = position
    guard next == UInt8(ascii: "\"") else { throw failure("expected a string") }
    advance(by: 1)
    // The value up to the last escape; most strings have no escape.
    var content: [UInt8] = []
    var plain = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        defer { advance(by: 1) }
        let rest = bytes[plain..<position]
        guard let string = String(utf8: content.isEmpty ? rest : content + rest) else {
          throw failure("string is not UTF-8", at: start)
        }
        return string
      case UInt8(ascii: "\\"):
        content += bytes[plain..<position]
        content.append(contentsOf: String(try escape()).utf8)
        plain = position
      case 0..<0x20:
        throw failure("control character in a string")
      default:
        advance(by: 1)
      }
    }
    throw failure("string without an end", at: start)
  }

  /// Reads a backslash and what follows it.
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = position
    advance(by: 1)
    guard let letter = next else { throw failure("string without an end", at: start) }
    advance(by: 1)
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape(from: start)
    default: throw failure("unknown escape", at: start)
    }
  }

  /// Reads what follows `\u`: four digits, and if they are a high surrogate, the low one.
  private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, next == UInt8(ascii: "\\") else {
      throw failure("lone surrogate", at: start)
    }
    advance(by: 1)
    guard next == UInt8(ascii: "u") else { throw failure("lone surrogate", at: start) }
    advance(by: 1)
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("lone surrogate", at: start) }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      advance(by: 1)
    }
    return value
  }
}
