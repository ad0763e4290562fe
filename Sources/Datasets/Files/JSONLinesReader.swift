import FileCore

/// Reads JSON Lines: an object a line, of which some members are the fields.
struct JSONLinesReader: FileRecordReader {
  private let lines: TextLines
  private let names: [String]

  /// How deep a line's arrays and objects may nest.
  private static let depth = 32

  /// The members of some names, in this order.
  init(_ lines: TextLines, names: [String]) {
    self.lines = lines
    self.names = names
  }

  var place: SamplePlace { lines.place }

  mutating func next() throws(FileError) -> FileRecord? {
    while let line = try lines.next() {
      let content = Array(line.withoutLineEnd)
      if content.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
      let members = try object(content)
      var fields: [FileField] = []
      for name in names {
        guard let text = members[ExactString(name)]?.fieldText else {
          throw FileError(
            file: lines.path, line: lines.number, column: 1,
            expected: "a text, a number, true or false for \(name)", found: "none")
        }
        fields.append(FileField(text: text, line: lines.number, column: 1))
      }
      return FileRecord(rows: [fields])
    }
    return nil
  }

  private func object(_ content: [UInt8]) throws(FileError) -> [ExactString: JSONValue] {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: content, maximumDepth: Self.depth)
    } catch {
      throw FileError(
        file: lines.path, line: lines.number, column: error.offset + 1, expected: "a JSON object",
        found: error.problem)
    }
    guard case .object(let members) = value else {
      throw FileError(
        file: lines.path, line: lines.number, column: 1, expected: "a JSON object",
        found: "another value")
    }
    return members
  }
}

extension JSONValue {
  /// The text of a value that is one field: a string, a number, or a truth value.
  var fieldText: String? {
    switch self {
    case .string(let text): text
    case .number(let digits): digits
    case .bool(let value): "\(value)"
    case .null, .array, .object: nil
    }
  }
}
