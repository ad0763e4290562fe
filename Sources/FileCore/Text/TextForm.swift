// Normal forms are part of the standard library, under a name of its own; without it, Foundation would be needed.
@_spi(_Unicode) import Swift

/// Which of the forms in which Unicode writes the same letters a text is read in.
///
/// By default texts are what their bytes are, and `é` of one character differs from `e` with a combining accent.
public enum TextForm: String, Codable, CaseIterable, Sendable {
  /// As it stands.
  case asWritten
  /// Composed (NFC): one character for a letter with its accent, where there is one.
  case composed

  /// The text in this form.
  public func apply(to text: String) -> String {
    switch self {
    case .asWritten: return text
    case .composed:
      if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
      var scalars = String.UnicodeScalarView()
      scalars.append(contentsOf: text._nfc)
      return String(scalars)
    }
  }
}
