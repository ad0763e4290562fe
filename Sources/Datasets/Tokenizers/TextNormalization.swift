/// The normalization of a text or a prompt before tokenization.
public enum TextNormalization: String, Codable, Sendable {
  /// Nothing.
  case none

  /// Replaces every run of characters other than `A`-`Z` and `a`-`z` by one space, and makes letters lower case:
  /// `The Time-Traveller, 1895` becomes `the time traveller `.
  case letters

  /// The normalized text; a normalized text is unchanged.
  public func apply(to text: String) -> String {
    switch self {
    case .none: text
    case .letters: String(decoding: Self.letters(of: text.utf8), as: UTF8.self)
    }
  }

  static func letters(of text: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.underestimatedCount)
    var inGap = false
    for byte in text {
      let lowered = byte | 0x20
      let isLetter = lowered >= UInt8(ascii: "a") && lowered <= UInt8(ascii: "z")
      if isLetter {
        result.append(lowered)
      } else if !inGap {
        result.append(UInt8(ascii: " "))
      }
      inGap = !isLetter
    }
    return result
  }
}
