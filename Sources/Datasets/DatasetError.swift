/// What can be wrong with data and choices that come from outside; its description is one line for a person.
///
/// What is wrong with a file is a `FileError`.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// A text has no characters.
  case empty(name: String)
  /// A text has too few tokens for one batch.
  case tooShort(tokens: Int, needed: Int)
  /// A name is neither that of a dataset nor that of a file.
  case unknownDataset(name: String, known: [String])
  /// A dataset was given an argument that it does not understand.
  case badArgument(dataset: String, expected: String, found: String)
  /// A saved position does not fit the data that training is to resume with.
  case cursorMismatch(what: String, expected: String, found: String)
  /// A sample is not what its dataset says of its samples.
  case badSample(index: Int, what: String, expected: String, found: String)

  /// One line: the file or name, where, what was expected and what was found.
  public var description: String {
    switch self {
    case .empty(let name):
      "\(name): expected some text, found none"
    case .tooShort(let tokens, let needed):
      "the text is too short: expected at least \(needed) tokens for one batch, found \(tokens)"
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
