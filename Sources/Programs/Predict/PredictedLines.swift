import ArgumentParser
import Datasets
import FileCore
import Models

/// What `predict` does with its input: each line's answer or what is wrong with it, in the lines' order.
///
/// A line that is no input is named by its number and has no answer, or with JSON an object with a field `error`; the
/// others are answered all the same. Empty lines end a sequence of numbers, are a prompt for a language model, and are
/// counted for all others.
struct PredictedLines {
  private let lines: InputLines
  private let json: Bool
  private var faults = 0
  private var emptyLines = 0
  /// What is echoed of the inputs that wait for their answers, in their order.
  private var waiting: [(input: JSONValue, others: [ExactString: JSONValue])] = []

  /// Lines to answer, in text or JSON.
  init(_ lines: InputLines, json: Bool) {
    self.lines = lines
    self.json = json
  }

  /// Goes on with each line.
  mutating func answer(by saved: SavedLanguageModel, _ writing: SequencePredictor.Writing) throws {
    while let bytes = try lines.next() {
      do {
        let line = try text(bytes)
        let object = try JSONInput(line)
        let prompt = try object?.text ?? line
        let continuation = saved.continuation(of: prompt, writing)
        try Console.write(
          (json ? continuation.json(others: object?.others ?? [:]) : continuation.text) + "\n")
      } catch let error as UnreadableInput {
        try refuse(error)
      }
    }
    try finish()
  }

  /// Answers each line, or each sequence of lines with numbers.
  mutating func answer(by answering: LineAnswering, _ interface: SequenceInterface) throws {
    var answering = answering
    while let bytes = try lines.next() {
      do {
        let line = try text(bytes)
        if answering.isInput(line) {
          let object = try JSONInput(line)
          waiting.append((object?.input ?? .string(line), object?.others ?? [:]))
        } else if !interface.input.isSequenceOfNumbers, line.allSatisfy(\.isWhitespace) {
          emptyLines += 1
        }
        try write(answering.take(line), interface)
      } catch let error as UnreadableInput {
        // The inputs before it have their answers first.
        let before = answering.flush()
        if waiting.count > before.count { waiting.removeLast() }
        try write(before, interface)
        try refuse(error)
      }
    }
    do {
      try write(answering.finish(), interface)
    } catch let error as UnreadableInput {
      try write(answering.flush(), interface)
      try refuse(error)
    }
    try finish()
  }

  private mutating func write(_ answers: [Prediction], _ interface: SequenceInterface) throws {
    for answer in answers {
      let echo = waiting.isEmpty ? nil : waiting.removeFirst()
      guard json else {
        try Console.write(answer.text(interface) + "\n")
        continue
      }
      let text = echo.map { answer.json(interface, input: $0.input, others: $0.others) }
      try Console.write((text ?? answer.json(interface)) + "\n")
    }
  }

  /// Names a line that is no input.
  private mutating func refuse(_ error: UnreadableInput) throws {
    faults += 1
    guard json else { return Console.note("Error: \(lines.name):\(lines.number): \(error)\n") }
    let members: [String: JSONValue] = [
      "error": .string("\(error)"), "line": .number("\(lines.number)"),
    ]
    try Console.write(JSONValue(members: members).text + "\n")
  }

  private func finish() throws {
    if emptyLines > 0 { Console.note("Passed over \(emptyLines.counted("empty lines"))\n") }
    if faults > 0 { throw ExitCode(1) }
  }

  /// A line's text.
  private func text(_ bytes: ArraySlice<UInt8>) throws(UnreadableInput) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UnreadableInput(expected: "text in UTF-8", found: "other bytes")
    }
    return text
  }
}

extension ValueKind {
  fileprivate var isSequenceOfNumbers: Bool { isSequence && !isDiscrete }
}
