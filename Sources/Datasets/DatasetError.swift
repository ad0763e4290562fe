import FileCore

/// An error in data or choices from outside; its description is one line for people.
///
/// Errors in files are `FileError`s.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// A text has no characters.
  case empty(name: String)
  /// A text has too few tokens for one batch.
  case tooShort(tokens: Int, needed: Int)
  /// A name is neither a dataset nor a file.
  case unknownDataset(name: String, known: [String])
  /// An invalid argument of a dataset.
  case badArgument(dataset: String, expected: String, found: String)
  /// A saved position does not fit the data on which training is resumed.
  case cursorMismatch(what: String, expected: String, found: String)
  /// A sample does not match its dataset's description.
  case badSample(index: Int, what: String, expected: String, found: String)

  /// One line: the file or name, where, what was expected and what was found.
  public var description: String {
    switch self {
    case .empty(let name):
      "\(name): expected some text, found none"
    case .tooShort(let tokens, let needed):
      "the text is too short: expected at least \(needed.counted("tokens")) for one batch, "
        + "found \(tokens.grouped)"
    case .unknownDataset(let name, let known):
      "\(name): no such file, and no dataset of that name: expected a text file or one of "
        + known.joined(separator: ", ")
    case .badArgument(let dataset, let expected, let found):
      "\(dataset): expected \(expected), found \(found)"
    case .cursorMismatch(let what, let expected, let found):
      "cannot resume at the saved position: \(what): expected \(expected), found \(found)"
    case .badSample(let index, let what, let expected, let found):
      "sample \(index): \(what): expected \(expected), found \(found)"
    }
  }
}
