/// The task for a file's data.
public enum FileTask: String, Codable, CaseIterable, Sendable {
  /// A label for a text or a row of numbers.
  case classification
  /// Numbers for a text or a row of numbers.
  case regression
  /// The future of columns of numbers over time.
  case forecasting
  /// A tag for each word of a sentence.
  case tagging
  /// A text for another text.
  case translation
  /// A text for another text, in its order and not longer.
  case transcription
  /// A text for a label, for example a name of a given language.
  case writing
}
