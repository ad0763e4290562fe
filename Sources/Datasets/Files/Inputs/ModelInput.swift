import FileCore

/// An input for a trained model, read from a line, a row, an object, a sentence or a file.
package struct ModelInput: Sendable {
  /// What the input was read from.
  package enum Origin: Sendable {
    /// A line as it was written, in the form that the model reads.
    case line
    /// A row, an object, a sentence or a file; other fields by name.
    case record(written: JSONValue, others: [ExactString: JSONValue])
  }

  /// The line for the model: as it was written, or a JSON object with a member `input`.
  package var line: String
  /// What it was read from.
  package var origin: Origin
}

extension ModelInput {
  /// A text of a record.
  init(text: String, others: [ExactString: JSONValue]) {
    self.init(
      line: JSONValue.object(["input": .string(text)]).text,
      origin: .record(written: .string(text), others: others))
  }

  /// Words of a record.
  init(words: [String]) {
    let list = JSONValue.array(words.map { .string($0) })
    self.init(
      line: JSONValue.object(["input": list]).text, origin: .record(written: list, others: [:]))
  }

  /// Numbers of a record; `isWhole` if they are a whole input and not a step of one.
  init(numbers: [String], isWhole: Bool, isSequence: Bool, others: [ExactString: JSONValue]) {
    guard isWhole else {
      self.init(line: numbers.joined(separator: ","), origin: .line)
      return
    }
    let list = JSONValue.array(numbers.map(\.jsonNumber))
    self.init(
      line: JSONValue.object(["input": isSequence ? .array([list]) : list]).text,
      origin: .record(written: list, others: others))
  }
}

extension String {
  /// A field's number as JSON has it, in its own digits if they are; a text for a field without one.
  fileprivate var jsonNumber: JSONValue {
    guard let number = finiteNumber else { return .string(self) }
    if let value = try? JSONValue(parsing: Array(utf8), maximumDepth: 1), case .number = value {
      return value
    }
    return .number("\(number)")
  }
}
