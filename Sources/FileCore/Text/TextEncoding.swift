/// The character encoding of a text file.
public enum TextEncoding: String, Codable, CaseIterable, Sendable {
  /// One to four bytes a character; a byte order mark is skipped.
  case utf8 = "utf-8"
  /// Two or four bytes a character, in the order given by the byte order mark, by default little-endian.
  case utf16 = "utf-16"
  /// One byte a character: ISO 8859-1, with the characters of Windows-1252 instead of control characters.
  case latin1 = "latin-1"

  /// The usual name.
  public var title: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16: "UTF-16"
    case .latin1: "Latin-1"
    }
  }

  /// The encoding of a name in a usual spelling: `utf8`, `UTF-16`, `latin1`, `iso-8859-1`, `cp1252` ...
  public init?(name: String) {
    let letters = name.lowercased().filter { $0.isLetter || $0.isNumber }
    switch letters {
    case "utf8": self = .utf8
    case "utf16", "utf16le", "utf16be", "ucs2", "unicode": self = .utf16
    case "latin1", "iso88591", "windows1252", "cp1252", "ansi", "l1": self = .latin1
    default: return nil
    }
  }
}

extension TextEncoding {
  /// The likely encoding of bytes; nil if there is none.
  ///
  /// Byte order marks and zero bytes indicate UTF-16; valid UTF-8 is UTF-8. Other bytes are Latin-1 if they look like
  /// words: accented small letters follow letters, quotation marks, dashes and signs stand where they belong, and there is
  /// no control character.
  package static func detected(in bytes: [UInt8]) -> TextEncoding? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return .utf16 }
    if bytes.starts(with: UTF8Scan.mark) { return .utf8 }
    // Its reader says that this is no UTF-16.
    if isUTF32(bytes) { return .utf16 }
    if zeroSide(of: bytes) != nil { return .utf16 }
    if UTF8Scan.firstFault(in: bytes) == nil { return .utf8 }
    return looksLatin(bytes) ? .latin1 : nil
  }

  /// Whether bytes begin with the byte order mark of UTF-32.
  private static func isUTF32(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF])
  }

  /// Which byte of most pairs is zero: 0 or 1; nil for neither.
  private static func zeroSide(of bytes: [UInt8]) -> Int? {
    let sample = bytes.prefix(1 << 12)
    guard sample.count >= 4, sample.contains(0) else { return nil }
    var zeros = [0, 0]
    for (index, byte) in sample.enumerated() where byte == 0 { zeros[index & 1] += 1 }
    let pairs = sample.count / 2
    for side in 0...1 where zeros[side] * 10 >= pairs * 7 && zeros[1 - side] * 20 <= pairs {
      return side
    }
    return nil
  }

  private static func looksLatin(_ bytes: [UInt8]) -> Bool {
    var signs = 0
    for (index, byte) in bytes.enumerated() {
      let before = index > 0 ? bytes[index - 1] : 0x20
      let after = index + 1 < bytes.count ? bytes[index + 1] : 0x20
      switch byte {
      case 0x09, 0x0A, 0x0C, 0x0D: continue
      case 0..<0x20, 0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D: return false
      case 0xC0..<0xDF where (0x80..<0xC0).contains(after):
        // A valid UTF-8 character in a file that is broken elsewhere.
        return false
      case 0x80, 0xA3, 0xB0:
        // Euro, pound, degree: beside a number, or one space behind it.
        let second = index > 1 && isSpace(before) ? bytes[index - 2] : before
        if isDigit(second) || isDigit(after) { signs += 1 }
      default: if isLatinSign(byte, between: before, after) { signs += 1 }
      }
    }
    return signs > 0
  }

  /// Whether a byte that is no ASCII is likely in a Latin-1 or Windows-1252 text between two others.
  private static func isLatinSign(_ byte: UInt8, between before: UInt8, _ after: UInt8) -> Bool {
    switch byte {
    // Apostrophes and closing quotation marks follow letters and full stops, opening ones come before letters.
    case 0x92: isLetter(before) && (isLetter(after) || isSpace(after))
    case 0x91, 0x93: !isLetter(before) && before < 0x80 && isLetter(after)
    case 0x94: before > 0x20 && before < 0x7F && !isLetter(after)
    // Dashes, between words or numbers; an ellipsis after a word.
    case 0x96, 0x97: isSpace(before) && isSpace(after) || isDigit(before) && isDigit(after)
    case 0x85: isLetter(before)
    case 0xDF..<0xFF where byte != 0xF7: isLetter(before)
    default: false
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || byte >= 0xDF
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 }

  /// Converts bytes of this encoding to UTF-8, without a byte order mark.
  package func utf8(_ bytes: [UInt8]) throws(ByteFault) -> [UInt8] {
    switch self {
    case .utf8: return bytes.starts(with: UTF8Scan.mark) ? Array(bytes[3...]) : bytes
    case .latin1: return Self.latin(bytes)
    case .utf16: return try Self.fromUTF16(bytes)
    }
  }

  private static func latin(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 8)
    for byte in bytes {
      if byte < 0x80 {
        result.append(byte)
        continue
      }
      let value = (0x80..<0xA0).contains(byte) ? windows[Int(byte) - 0x80] : UInt16(byte)
      if value < 0x800 {
        result.append(0xC0 | UInt8(value >> 6))
      } else {
        result.append(0xE0 | UInt8(value >> 12))
        result.append(0x80 | UInt8(value >> 6 & 0x3F))
      }
      result.append(0x80 | UInt8(value & 0x3F))
    }
    return result
  }

  /// The characters of Windows-1252 from 0x80 to 0x9F; its five undefined ones stay control characters.
  private static let windows: [UInt16] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
  ]

  private static func fromUTF16(_ bytes: [UInt8]) throws(ByteFault) -> [UInt8] {
    guard !isUTF32(bytes) else {
      throw ByteFault(offset: 0, expected: "UTF-8, UTF-16 or Latin-1", found: "UTF-32")
    }
    let isBigEndian = bytes.starts(with: [0xFE, 0xFF])
    let hasMark = isBigEndian || bytes.starts(with: [0xFF, 0xFE])
    let high = isBigEndian || !hasMark && zeroSide(of: bytes) == 0 ? 0 : 1
    func unit(_ place: Int) -> UInt16? {
      guard place + 1 < bytes.count else { return nil }
      return UInt16(bytes[place + high]) << 8 | UInt16(bytes[place + 1 - high])
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var place = hasMark ? 2 : 0
    while place < bytes.count {
      guard let first = unit(place) else {
        throw ByteFault(offset: place, expected: "two bytes of a character", found: "one")
      }
      var value = UInt32(first)
      if first & 0xFC00 == 0xD800, let second = unit(place + 2), second & 0xFC00 == 0xDC00 {
        value = 0x10000 + (value & 0x3FF) << 10 + UInt32(second & 0x3FF)
        place += 2
      }
      guard let scalar = Unicode.Scalar(value) else {
        throw ByteFault(
          offset: place, expected: "a character, or both halves of one",
          found: "half of one, 0x" + hexadecimal(first, digits: 4))
      }
      result.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
      place += 2
    }
    return result
  }
}
