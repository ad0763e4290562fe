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
  /// The most lines, and about the most bytes, that wait for their answers.
  static let (mostWaiting, mostWaitingBytes) = (4096, 1 << 24)

  private let lines: TextStream
  private let json: Bool
  private var faults = 0
  private var emptyLines = 0
  /// What is echoed of the inputs that wait for their answers, in their order.
  private var waiting: [(input: JSONValue, others: [ExactString: JSONValue])] = []
  private var waitingBytes = 0

  /// Lines to answer, in text or JSON.
  init(_ lines: TextStream, json: Bool) {
    self.lines = lines
    self.json = json
  }

  /// Goes on with each line.
  mutating func answer(by saved: SavedLanguageModel, _ writing: SequencePredictor.Writing) throws {
    var prompts: [String] = []
    while true {
      if mustAnswer { try write(&prompts, by: saved, writing) }
      guard let bytes = try lines.next() else { break }
      do throws(UnreadableInput) {
        let line = try text(bytes)
        let object = try JSONInput(line)
        prompts.append(try object?.text ?? line)
        wait(for: line, .null, object?.others)
      } catch {
        try write(&prompts, by: saved, writing)
        try refuse(error)
      }
    }
    try write(&prompts, by: saved, writing)
    try finish()
  }

  private mutating func write(
    _ prompts: inout [String], by saved: SavedLanguageModel,
    _ writing: SequencePredictor.Writing
  ) throws {
    let answers = saved.continuations(of: prompts, writing)
    let lines = zip(answers, waiting).map { answer, echo in
      (json ? answer.json(others: echo.others) : answer.text) + "\n"
    }
    (prompts, waiting, waitingBytes) = ([], [], 0)
    try Console.write(lines.joined())
  }

  /// Answers each line, or each sequence of lines with numbers.
  mutating func answer(by answering: LineAnswering, _ interface: SequenceInterface) throws {
    var answering = answering
    while true {
      if mustAnswer { try write(answering.flush(), interface) }
      guard let bytes = try lines.next() else { break }
      do {
        let line = try text(bytes)
        if answering.isInput(line) {
          let object = try JSONInput(line)
          wait(for: line, object?.input ?? .string(line), object?.others)
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
    guard !answers.isEmpty else { return }
    let echoes = waiting.prefix(answers.count)
    waiting.removeFirst(echoes.count)
    if waiting.isEmpty { waitingBytes = 0 }
    var text = ""
    for (index, answer) in answers.enumerated() {
      if !json {
        text += answer.text(interface)
      } else if index < echoes.count {
        text += answer.json(interface, input: echoes[index].input, others: echoes[index].others)
      } else {
        text += answer.json(interface)
      }
      text += "\n"
    }
    try Console.write(text)
  }

  private mutating func wait(
    for line: String, _ input: JSONValue, _ others: [ExactString: JSONValue]?
  ) {
    waiting.append((input, others ?? [:]))
    waitingBytes += line.utf8.count
  }

  /// Whether the waiting lines are answered before the next one is read: there are many, or whoever writes to the pipe may
  /// wait for the answers.
  private var mustAnswer: Bool {
    !lines.isReady || waiting.count >= Self.mostWaiting || waitingBytes > Self.mostWaitingBytes
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
