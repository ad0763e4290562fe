/// What a model is to learn from a file.
public enum FileTask: String, Codable, CaseIterable, Sendable {
  /// A text has a label.
  case classification
  /// Columns of numbers go on in time.
  case forecasting
  /// Each word of a sentence has a tag.
  case tagging
  /// A text has another text as its answer.
  case translation
}
