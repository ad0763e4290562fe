// Unicode normalization is in the standard library under this SPI; the alternative is Foundation.
@_spi(_Unicode) import Swift

/// The Unicode normalization that is applied to a text.
///
/// By default none is applied: `é` as one character differs from `e` with a combining accent.
public enum TextForm: String, Codable, CaseIterable, Sendable {
  /// No normalization.
  case asWritten
  /// NFC: a letter and its accent become one character, if Unicode has one.
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
