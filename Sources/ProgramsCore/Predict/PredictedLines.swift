import ArgumentParser
import Datasets
import FileCore
import Models
import TensorCore

/// Answers the lines of `predict`'s input in their order, and reports invalid lines.
///
/// An invalid line is reported by its number on standard error and has no answer; with JSON its answer is an object with a
/// field `error`. The other lines are answered all the same. An empty line ends a sequence of numbers, and is a prompt for
/// a language model; other models skip it.
struct PredictedLines {
  /// The most lines of a batch, and about the most bytes.
  private static let (mostLines, mostBytes) = (4096, 1 << 24)

  /// The most sequences of numbers of a batch.
  private static let mostSequences = 256

  private let lines: TextStream
  private let json: Bool
  private var faults = 0
  private var emptyLines = 0
  /// The fields that go from inputs to their answers, for the sequences of numbers without an answer so far.
  private var waiting: [(input: JSONValue, others: [ExactString: JSONValue])] = []

  /// Answers as text or JSON.
  init(_ lines: TextStream, json: Bool) {
    self.lines = lines
    self.json = json
  }

  /// Continues each line.
  mutating func answer(by saved: SavedLanguageModel, _ writing: SequencePredictor.Writing) throws {
    try forEachBatch { [json] lines in
      let prompts = lines.map { line in
        Result { () throws(UnreadableInput) in try Self.prompt(of: line) }
      }
      let answers = saved.continuations(of: prompts.compactMap { try? $0.get().text }, writing)
      var rest = answers[...]
      return prompts.map { prompt in
        prompt.map { prompt in
          let answer = rest.removeFirst()
          return json ? answer.json(others: prompt.others) : answer.text
        }
      }
    }
  }

  private static func prompt(
    of line: String?
  ) throws(UnreadableInput) -> (text: String, others: [ExactString: JSONValue]) {
    guard let line else { throw .notUTF8 }
    guard let object = try JSONInput(line) else { return (line, [:]) }
    return (try object.text, object.others)
  }

  /// Answers each line, or each sequence of lines with numbers.
  mutating func answer(by predictor: SequencePredictor, ahead: Int?) throws {
    let interface = predictor.saved.interface
    var answering = LineAnswering(predictor, group: Self.mostSequences, ahead: ahead)
    guard answering.answersSingleLines else { return try answerSequences(answering, interface) }
    try forEachBatch { [json] lines in
      ThreadTeam.map(Array(zip(lines, answering.outcomes(of: lines))), sharing: 64) {
        line, outcome in
        switch outcome {
        case .nothing: .success(nil)
        case .invalid(let error): .failure(error)
        case .answer(let answer):
          .success(json ? Self.json(answer, interface, to: line ?? "") : answer.text(interface))
        }
      }
    }
  }

  private static func json(
    _ answer: Prediction, _ interface: SequenceInterface, to line: String
  ) -> String {
    let object = try? JSONInput(line)
    return answer.json(
      interface, input: object?.input ?? .string(line), others: object?.others ?? [:])
  }

  /// Reads batches of lines, and writes the answers or reports the errors of each batch in the lines' order.
  ///
  /// - Parameter answer: the answers to the lines of a batch: nil for an empty line; a line that is not UTF-8 is nil.
  private mutating func forEachBatch(
    _ answer: ([String?]) -> [Result<String?, UnreadableInput>]
  ) throws {
    while true {
      let first = lines.number + 1
      let (batch, end) = readBatch()
      var text = ""
      for (offset, answer) in answer(batch).enumerated() {
        switch answer {
        case .success(let answer?): text += answer + "\n"
        case .success(nil): emptyLines += batch[offset].map { $0.isBlank ? 1 : 0 } ?? 0
        case .failure(let error):
          try Console.write(text)
          text = ""
          try refuse(error, line: first + offset)
        }
      }
      try Console.write(text)
      guard let end else { continue }
      try end.get()
      return try finish()
    }
  }

  /// The lines that are there without waiting for the writer of a pipe, at least one, and whether they are the last.
  private func readBatch() -> (lines: [String?], end: Result<Void, FileError>?) {
    var (batch, bytes) = ([String?](), 0)
    repeat {
      do throws(FileError) {
        guard let line = try lines.next() else { return (batch, .success(())) }
        bytes += line.count
        batch.append(String(validating: line, as: UTF8.self))
      } catch {
        return (batch, .failure(error))
      }
    } while lines.isReady && batch.count < Self.mostLines && bytes < Self.mostBytes
    return (batch, nil)
  }

  /// Answers lines of numbers, each a step of a sequence or a whole one.
  private mutating func answerSequences(
    _ answering: LineAnswering, _ interface: SequenceInterface
  ) throws {
    var answering = answering
    while true {
      // The writer of a pipe may wait for the answers.
      if !lines.isReady { try write(answering.flush(), interface) }
      guard let bytes = try lines.next() else { break }
      do {
        guard let line = String(validating: bytes, as: UTF8.self) else {
          throw UnreadableInput.notUTF8
        }
        if answering.isInput(line) {
          let object = try JSONInput(line)
          waiting.append((object?.input ?? .string(line), object?.others ?? [:]))
        }
        try write(answering.take(line), interface)
      } catch let error as UnreadableInput {
        // The inputs before it have their answers first.
        let before = answering.flush()
        if waiting.count > before.count { waiting.removeLast() }
        try write(before, interface)
        try refuse(error, line: lines.number)
      }
    }
    do {
      try write(answering.finish(), interface)
    } catch let error as UnreadableInput {
      try write(answering.flush(), interface)
      try refuse(error, line: lines.number)
    }
    try finish()
  }

  private mutating func write(_ answers: [Prediction], _ interface: SequenceInterface) throws {
    guard !answers.isEmpty else { return }
    let echoes = waiting.prefix(answers.count)
    waiting.removeFirst(echoes.count)
    let texts = answers.enumerated().map { index, answer in
      guard json else { return answer.text(interface) + "\n" }
      guard index < echoes.count else { return answer.json(interface) + "\n" }
      let echo = echoes[index]
      return answer.json(interface, input: echo.input, others: echo.others) + "\n"
    }
    try Console.write(texts.joined())
  }

  /// Reports an invalid line.
  private mutating func refuse(_ error: UnreadableInput, line: Int) throws {
    faults += 1
    guard json else { return Console.note("Error: \(lines.name):\(line): \(error)\n") }
    let members: [String: JSONValue] = ["error": .string("\(error)"), "line": .number("\(line)")]
    try Console.write(JSONValue(members: members).text + "\n")
  }

  private func finish() throws {
    if emptyLines > 0 { Console.note("Passed over \(emptyLines.counted("empty lines"))\n") }
    if faults > 0 { throw ExitCode(1) }
  }
}

extension String {
  fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
