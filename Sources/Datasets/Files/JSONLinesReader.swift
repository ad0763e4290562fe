import FileCore

/// Reads JSON Lines: one object a line; the members at the given paths are the fields.
struct JSONLinesReader: FileRecordReader {
  private let lines: TextLines
  private let names: [String]

  /// The largest nesting depth of a line's arrays and objects.
  private static let depth = 32

  /// A reader of the members `names`, in this order.
  init(_ lines: TextLines, names: [String]) {
    self.lines = lines
    self.names = names
  }

  var place: SamplePlace { lines.place }

  mutating func next() throws(FileError) -> FileRecord? {
    guard let object = try nextObject() else { return nil }
    var fields: [FileField] = []
    for name in names {
      let value = JSONPath.value(name, in: object)
      guard let text = value == .null ? "" : value?.fieldText else {
        throw FileError(
          file: lines.path, line: lines.number, column: 1,
          expected: "a text, a number, true or false for \(name)",
          found: value == nil ? "none" : "another value")
      }
      fields.append(FileField(text: text, line: lines.number, column: 1))
    }
    return FileRecord(rows: [fields])
  }

  /// The next line's object; nil at the end.
  mutating func nextObject() throws(FileError) -> [ExactString: JSONValue]? {
    while let line = try lines.next() {
      let content = Array(line.withoutLineEnd)
      if content.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
      return try object(content)
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
        found: error.found)
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
  /// The text of a string, number or Boolean as a field; nil for other values.
  var fieldText: String? {
    switch self {
    case .string(let text): text
    case .number(let digits): digits
    case .bool(let value): "\(value)"
    case .null, .array, .object: nil
    }
  }
}
