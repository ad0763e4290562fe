import FileCore

/// Reads a JSON vocabulary of another library: an array of texts, or an object that maps each text to its ID.
package enum VocabularyText {
  /// The most bytes of such a file: a vocabulary of some hundred thousand tokens takes megabytes.
  private static let largest = 1 << 26
  private static let depth = 4

  /// The tokens of a file in ID order.
  ///
  /// - Throws: `FileError` if it can't be read or is not such JSON.
  package static func read(_ path: String) throws(FileError) -> [String] {
    try tokens(in: TextSource(path).text(limit: largest), of: path)
  }

  /// The tokens of a JSON text from a file, in ID order.
  package static func tokens(
    in text: String, of file: String
  ) throws(FileError) -> [String] {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(text.utf8), maximumDepth: depth)
    } catch {
      throw FileError(file: file, .byte(error.offset), expected: "JSON", found: error.found)
    }
    switch value {
    case .array(let elements): return try tokens(elements, of: file)
    case .object(let members): return try tokens(members, of: file)
    default:
      throw FileError(
        file: file, expected: "an array of tokens, or an object with their ids",
        found: value.summary)
    }
  }

  private static func tokens(
    _ elements: [JSONValue], of file: String
  ) throws(FileError) -> [String] {
    var tokens: [String] = []
    for (id, element) in elements.enumerated() {
      guard case .string(let token) = element else {
        throw FileError(
          file: file, .named("[\(id)]"), expected: "a string", found: element.summary)
      }
      tokens.append(token)
    }
    return tokens
  }

  private static func tokens(
    _ members: [ExactString: JSONValue], of file: String
  ) throws(FileError) -> [String] {
    var names = [String?](repeating: nil, count: members.count)
    for (name, value) in members {
      guard case .number(let digits) = value, let id = Int(digits), names.indices.contains(id),
        names[id] == nil
      else {
        throw FileError(
          file: file, .named(name.string), expected: "the ids 0 to \(members.count - 1), each once",
          found: value.summary)
      }
      names[id] = name.string
    }
    return names.compactMap(\.self)
  }
}
