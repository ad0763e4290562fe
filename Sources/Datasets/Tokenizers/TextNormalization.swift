/// What is done to a text before it is tokenized, and to a prompt before it is continued.
public enum TextNormalization: String, Codable, Sendable {
  /// Nothing.
  case none

  /// Every run of characters other than `A`-`Z` and `a`-`z` becomes one space, and the letters
  /// become lower case: `The Time-Traveller, 1895` gives `the time traveller `.
  case letters

  /// The normalized text; a text that is normalized already comes back as it is.
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
