import Requirements
import TensorCore

/// A file embedded in a program's source as text; the build plugin `EmbedCheckpoint` writes such source.
///
/// Text, because the compiler reads a long string a thousand times faster than a long array. It is base64 without
/// line breaks: four characters for three bytes (RFC 4648, section 4).
public struct EmbeddedFile: Sendable {
  /// The file's name in errors.
  public let name: StaticString
  private let text: StaticString

  /// A file with the bytes encoded as `base64`.
  public init(name: StaticString, base64: StaticString) {
    self.name = name
    text = base64
  }

  /// The bytes.
  ///
  /// - Precondition: the text is valid base64.
  public var bytes: [UInt8] {
    text.withUTF8Buffer { characters in
      require(characters.count.isMultiple(of: 4), "\(name): \(characters.count) characters")
      let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
      require(padding <= 2, "\(name): \(padding) characters of padding")
      var bytes: [UInt8] = []
      bytes.reserveCapacity(characters.count / 4 * 3)
      for start in stride(from: 0, to: characters.count, by: 4) {
        let isLast = start + 4 == characters.count
        let kept = isLast ? 4 - padding : 4
        var word: UInt32 = 0
        for index in start..<start + kept {
          word |= value(characters[index]) << UInt32(18 - 6 * (index - start))
        }
        for place in 0..<kept - 1 {
          bytes.append(UInt8(truncatingIfNeeded: word >> (16 - 8 * place)))
        }
      }
      return bytes
    }
  }

  /// The six bits of a character.
  private func value(_ character: UInt8) -> UInt32 {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a") + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0") + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: failure("\(name): character \(character) is not of base64")
    }
  }
}
