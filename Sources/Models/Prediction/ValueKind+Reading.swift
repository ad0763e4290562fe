import Checkpoint
import Datasets
import FileCore

/// A line that is no input of a model.
public struct UnreadableInput: Error, Hashable, CustomStringConvertible {
  /// What the model reads.
  public let expected: String
  /// What the line holds.
  public let found: String

  /// Both.
  public var description: String { "expected \(expected), found \(found)" }
}

extension ValueKind {
  /// The value that a line stands for.
  ///
  /// | kind | line |
  /// |---|---|
  /// | text | the text |
  /// | symbols | names between spaces; names of one character each need none |
  /// | label | a name |
  /// | vector | numbers between commas, semicolons, tabs or spaces |
  /// | features | the numbers of each step; a semicolon ends a step |
  ///
  /// A line that is a JSON object gives its field `input`: a string as above, or numbers in arrays. Numbers
  /// are in the columns' own scale.
  ///
  /// - Throws: ``UnreadableInput``.
  public func value(reading line: String) throws(UnreadableInput) -> SampleValue {
    if line.hasPrefix("{"), let json = try? JSONValue(parsing: Array(line.utf8), maximumDepth: 8) {
      return try value(reading: json)
    }
    switch self {
    case .text(let tokenizer): return .tokens(tokenizer.encode(line))
    case .symbols(let names): return .tokens(try symbols(line, names))
    case .label(let names): return .label(try id(of: line.trimmed, names))
    case .vector: return .vector(try scaled(line.fields))
    case .features(let columns):
      let steps = line.split(separator: ";").map { String($0).fields }
      guard !steps.isEmpty else {
        throw UnreadableInput(expected: "numbers", found: "nothing")
      }
      var values: [Float] = []
      for step in steps { values += try scaled(step) }
      return .features(FeatureSequence(values, width: columns.count))
    }
  }

  private func value(reading json: JSONValue) throws(UnreadableInput) -> SampleValue {
    guard case .object(let members) = json, let input = members["input"] else {
      throw UnreadableInput(expected: #"an object with a field "input""#, found: json.text)
    }
    switch (self, input) {
    case (_, .string(let text)) where !text.hasPrefix("{"): return try value(reading: text)
    case (.symbols(let names), .array(let elements)):
      var ids: [Int32] = []
      for case .string(let name) in elements { ids.append(try id(of: name, names)) }
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

  /// What the kind is in words for a message.
  var expectation: String {
    switch self {
    case .text: "text"
    case .symbols, .label:
      "\(word == "label" ? "one" : "some") of \(names.prefix(20).joined(separator: ", "))"
        + (size > 20 ? " and \(size - 20) more" : "")
    case .features, .vector: "numbers for \(names.joined(separator: ", "))"
    }
  }

  /// Whether a line names the columns, as the first line of a CSV file does.
  func isHeader(_ line: String) -> Bool { !columns.isEmpty && line.fields == names }

  private func symbols(
    _ line: String, _ names: Vocabulary
  ) throws(UnreadableInput) -> [Int32] {
    var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    let areLetters = names.names.allSatisfy { $0.count == 1 || $0 == Vocabulary.unknownName }
    if areLetters { words = words.joined().map(String.init) }
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

  /// What a model reads for numbers of the columns.
  private func scaled(_ fields: [String]) throws(UnreadableInput) -> [Float] {
    guard fields.count == size else {
      throw UnreadableInput(
        expected: expectation,
        found: fields.count == 1 ? fields[0] : "\(fields.count) numbers")
    }
    var result: [Float] = []
    for (field, column) in zip(fields, columns) {
      guard let number = Double(field), column.scaled(number).isFinite else {
        throw UnreadableInput(expected: "a number for \(column.name)", found: field)
      }
      result.append(column.scaled(number))
    }
    return result
  }
}

extension String {
  fileprivate var trimmed: String {
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex
    return String(self[..<end].drop { $0.isWhitespace })
  }

  /// The parts between commas, semicolons, tabs and spaces.
  fileprivate var fields: [String] {
    split { ",;\t ".contains($0) }.map(String.init)
  }
}
