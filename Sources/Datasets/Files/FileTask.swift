/// What a model is to learn from a file.
public enum FileTask: String, Codable, CaseIterable, Sendable {
  /// A text, or a row of numbers, has a label.
  case classification
  /// A text, or a row of numbers, has numbers.
  case regression
  /// Columns of numbers go on in time.
  case forecasting
  /// Each word of a sentence has a tag.
  case tagging
  /// A text has another text as its answer.
  case translation
  /// A label has a text as its answer: a name of a language.
  case writing
}
