/// What can be wrong with data that come from outside; its description is one line for a person.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// The operating system refused to open or read a file.
  case unreadable(path: String, reason: String)
  /// A file holds more bytes than the limit.
  case tooLarge(path: String, limit: Int)
  /// A file is not UTF-8 from `offset` on.
  case invalidUTF8(path: String, offset: Int, expected: String, found: String)
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
  /// A row of a file is malformed; line and column count from 1, columns in bytes or in fields.
  case badRow(path: String, line: Int, column: Int, expected: String, found: String)
  /// A sample is not what its dataset says of its samples.
  case badSample(index: Int, what: String, expected: String, found: String)

  /// One line: the file or name, where, what was expected and what was found.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): \(reason)"
    case .tooLarge(let path, let limit):
      "\(path): expected at most \(limit) bytes, found more"
    case .invalidUTF8(let path, let offset, let expected, let found):
      "\(path): not UTF-8: byte \(offset): expected \(expected), found \(found)"
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
    case .badRow(let path, let line, let column, let expected, let found):
      "\(path):\(line):\(column): expected \(expected), found \(found)"
    case .badSample(let index, let what, let expected, let found):
      "sample \(index): \(what): expected \(expected), found \(found)"
    }
  }
}
