import Checkpoint
import Datasets
import FileCore

/// The error for a line that is not a valid input of a model.
public struct UnreadableInput: Error, Hashable, CustomStringConvertible {
  /// The expected input.
  public let expected: String
  /// The content of the line.
  public let found: String

  package init(expected: String, found: String) {
    self.expected = expected
    self.found = found
  }

  /// The error of bytes that are no text.
  package static let notUTF8 = UnreadableInput(expected: "text in UTF-8", found: "other bytes")

  /// One line with both.
  public var description: String { "expected \(expected), found \(found)" }
}

extension ValueKind {
  /// Parses a line of input.
  ///
  /// | kind | line |
  /// |---|---|
  /// | text | the text |
  /// | symbols | names separated by spaces, which are optional if all names have one character |
  /// | label | a name |
  /// | vector | numbers separated by commas, semicolons, tabs or spaces |
  /// | features | the numbers of each step; a semicolon ends a step |
  ///
  /// If the line is a JSON object, its field `input` is used: a string as above, or names or numbers in arrays. Numbers
  /// are decimal, in the columns' original scale.
  ///
  /// - Throws: ``UnreadableInput``, also for a sequence without steps.
  public func value(reading line: String) throws(UnreadableInput) -> SampleValue {
    let value = try value(readingEvenNone: line)
    guard value.length != 0 else {
      throw UnreadableInput(
        expected: expectation, found: columns.isEmpty ? "nothing that the model knows" : "no steps")
    }
    return value
  }

  /// The same, but a sequence may be empty: that of a session may read nothing more before it writes.
  package func value(readingEvenNone line: String) throws(UnreadableInput) -> SampleValue {
    if let json = try JSONInput(line) { return try value(of: json.object) }
    return try value(of: line)
  }

  private func value(of line: String) throws(UnreadableInput) -> SampleValue {
    switch self {
    case .text(let tokenizer): return .tokens(tokenizer.encode(line))
    case .symbols(let names): return .tokens(try symbols(line, names))
    case .label(let names): return .label(try id(of: line.trimmed, names))
    case .vector: return .vector(try scaled(line.fields))
    case .features(let columns):
      var values: [Float] = []
      for step in line.split(separator: ";") { values += try scaled(String(step).fields) }
      return .features(FeatureSequence(values, width: columns.count))
    }
  }

  private func value(of json: JSONValue) throws(UnreadableInput) -> SampleValue {
    guard case .object(let members) = json, let input = members["input"] else {
      throw UnreadableInput(expected: #"an object with a field "input""#, found: json.text)
    }
    switch (self, input) {
    case (.text(let tokenizer), .string(let text)): return .tokens(tokenizer.encode(text))
    case (_, .string(let text)) where !text.looksLikeJSON: return try value(of: text)
    case (.symbols(let names), .array(let elements)):
      var ids: [Int32] = []
      for element in elements {
        switch element {
        case .string(let name): ids.append(try id(of: name, names))
        // A name may be a number, as in [0, 1, 1].
        case .number, .bool: ids.append(try id(of: element.text, names))
        case .null, .array, .object:
          throw UnreadableInput(expected: "names in an array", found: element.text)
        }
      }
      return .tokens(ids)
    case (.vector, .array(let elements)): return .vector(try scaled(elements.map(\.text)))
    case (.features(let columns), .array(let steps)):
      var values: [Float] = []
      for step in steps {
        if case .array(let numbers) = step {
          values += try scaled(numbers.map(\.text))
        } else {
          values += try scaled([step.text])
        }
      }
      return .features(FeatureSequence(values, width: columns.count))
    default: throw UnreadableInput(expected: expectation, found: input.text)
    }
  }

  /// The kind's name in messages.
  var expectation: String {
    switch self {
    case .text: "text"
    case .symbols, .label:
      "\(word == "label" ? "one" : "some") of \(names.listed())"
    case .features, .vector: "numbers for \(names.listed())"
    }
  }

  /// Whether a line has the columns' names, like the first line of a CSV file.
  func isHeader(_ line: String) -> Bool { !columns.isEmpty && line.fields == names }

  private func symbols(
    _ line: String, _ names: Vocabulary
  ) throws(UnreadableInput) -> [Int32] {
    // Of a line that is not ASCII or has unknown names, the words are needed.
    if let ids = names.areLetters ? names.ids(ofLetters: line) : names.ids(ofWords: line) {
      return ids
    }
    var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    if names.areLetters { words = words.joined().map(String.init) }
    var ids: [Int32] = []
    for word in words { ids.append(try id(of: word, names)) }
    return ids
  }

  private func id(of name: String, _ names: Vocabulary) throws(UnreadableInput) -> Int32 {
    guard let id = names.id(of: name) else {
      throw UnreadableInput(expected: expectation, found: name.isEmpty ? "nothing" : name)
    }
    return id
  }

  /// The columns' numbers, scaled for the model.
  private func scaled(_ fields: [String]) throws(UnreadableInput) -> [Float] {
    guard fields.count == size else {
      throw UnreadableInput(
        expected: expectation,
        found: fields.count == 1 ? fields[0] : fields.count.counted("numbers"))
    }
    var result: [Float] = []
    for (field, column) in zip(fields, columns) {
      guard let number = field.finiteNumber, column.scaled(number).isFinite else {
        throw UnreadableInput(expected: "a number for \(column.name)", found: field)
      }
      result.append(column.scaled(number))
    }
    return result
  }
}

extension String {
  /// Whether a line is meant as a JSON object: after a brace stands a quote or the other brace. Any other text may begin
  /// with a brace.
  var looksLikeJSON: Bool {
    guard utf8.first == UInt8(ascii: "{") else { return false }
    let next = utf8.dropFirst().first { $0 != 0x20 && $0 != 0x09 }
    return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
  }

  fileprivate var trimmed: String {
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex
    return String(self[..<end].drop { $0.isWhitespace })
  }

  /// The parts between commas, semicolons, tabs and spaces.
  fileprivate var fields: [String] {
    split { ",;\t ".contains($0) }.map(String.init)
  }
}
