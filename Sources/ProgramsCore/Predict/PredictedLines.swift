import ArgumentParser
import Datasets
import FileCore
import Interop
import Models
import TensorCore

/// Answers `predict`'s inputs in their order, and reports invalid ones.
///
/// An invalid line or row is reported by its number on standard error and has no answer; with JSON its answer is an object
/// with a field `error`. The others are answered all the same. An empty line ends a sequence of numbers, and is a prompt
/// for a language model; other models skip it.
struct PredictedLines {
  /// The most inputs of a batch.
  static let mostLines = 4096
  /// About the most bytes of a batch.
  private static let mostBytes = 1 << 24

  /// The most sequences of numbers of a batch.
  private static let mostSequences = 256

  /// An input, or what is wrong with its row, and the number of its line.
  private typealias Item = (input: Result<ModelInput, FileError>, line: Int)

  private var inputs: ModelInputs
  /// The normalization of the model's texts.
  let form: TextForm?
  private let json: Bool
  private var faults = 0
  private var emptyLines = 0
  /// The fields that go from inputs to their answers, for the sequences of numbers without an answer so far.
  private var waiting: [Echo] = []

  /// An input as it was written, and other fields of its row or object.
  private typealias Echo = (input: JSONValue, others: [ExactString: JSONValue])

  /// Answers as text or JSON.
  ///
  /// - Parameter form: the normalization of the model's texts.
  init(_ inputs: ModelInputs, form: TextForm?, json: Bool) {
    (self.inputs, self.form, self.json) = (inputs, form, json)
  }

  /// Continues each line.
  mutating func answer(by saved: SavedLanguageModel, _ writing: SequencePredictor.Writing) throws {
    try forEachPrompt(form: form) { [json] prompts in
      zip(prompts, saved.continuations(of: prompts.map(\.text), writing)).map { prompt, answer in
        json ? answer.json(others: prompt.others) : answer.text
      }
    }
  }

  /// Answers each line, an empty one too, by a described network.
  mutating func answer(by network: TextNetwork, separator: String) throws {
    try forEachPrompt(form: nil) { [json] prompts in
      zip(prompts, network.answers(to: prompts.map(\.text))).map { prompt, texts in
        guard json else { return texts.joined(separator: separator) }
        var members = prompt.others
        members["input"] = .string(prompt.text)
        members["answer"] = .array(texts.map { .string($0) })
        return JSONValue.object(members).text
      }
    }
  }

  /// A text to be answered, and the other fields of its object.
  private typealias Prompt = (text: String, others: [ExactString: JSONValue])

  /// Answers the texts of each batch of lines.
  private mutating func forEachPrompt(
    form: TextForm?, _ answer: ([Prompt]) -> [String]
  ) throws {
    try forEachBatch { inputs -> [Result<String?, UnreadableInput>] in
      let prompts = inputs.map { input in
        Result { () throws(UnreadableInput) in try Self.prompt(of: input.line, form) }
      }
      var answers = answer(prompts.compactMap { try? $0.get() })[...]
      return prompts.map { prompt in prompt.map { _ in answers.removeFirst() } }
    }
  }

  private static func prompt(
    of line: String, _ form: TextForm?
  ) throws(UnreadableInput) -> Prompt {
    let object = try JSONInput(line)
    let text = try object?.text ?? line
    return (form?.apply(to: text) ?? text, object?.others ?? [:])
  }

  /// Answers each input, or each sequence of lines with numbers.
  mutating func answer(by predictor: SequencePredictor, ahead: Int?) throws {
    let interface = predictor.saved.interface
    var answering = LineAnswering(predictor, group: Self.mostSequences, ahead: ahead)
    guard answering.answersSingleLines else { return try answerSequences(answering, interface) }
    try forEachBatch { [json, form] inputs -> [Result<String?, UnreadableInput>] in
      let lines = inputs.map { form?.apply(to: $0.line) ?? $0.line }
      return ThreadTeam.map(Array(zip(inputs, answering.outcomes(of: lines))), sharing: 64) {
        input, outcome in
        switch outcome {
        case .nothing: .success(nil)
        case .invalid(let error): .failure(error)
        case .answer(let answer):
          .success(json ? Self.json(answer, interface, to: input) : answer.text(interface))
        }
      }
    }
  }

  private static func json(
    _ answer: Prediction, _ interface: SequenceInterface, to input: ModelInput
  ) -> String {
    let echo = echo(of: input)
    return answer.json(interface, input: echo.input, others: echo.others)
  }

  private static func echo(of input: ModelInput) -> Echo {
    switch input.origin {
    case .record(let written, let others): return (written, others)
    case .line:
      let object = try? JSONInput(input.line)
      return (object?.input ?? .string(input.line), object?.others ?? [:])
    }
  }

  /// Reads batches of inputs, and writes the answers or reports the errors of each batch in the inputs' order.
  ///
  /// - Parameters:
  ///   - most: the most inputs of a batch.
  ///   - isOver: asked before each batch, and while the next input is waited for, whether to stop.
  ///   - answer: the answers to the inputs of a batch: nil for an empty line.
  /// - Throws: `ExitCode(130)` if stopped.
  mutating func forEachBatch<Fault: Error>(
    atMost most: Int = PredictedLines.mostLines, until isOver: (() -> Bool)? = nil,
    _ answer: ([ModelInput]) throws -> [Result<String?, Fault>]
  ) throws {
    while true {
      if let isOver {
        repeat { if isOver() { throw ExitCode(130) } } while !inputs.arrives(within: 50)
      }
      let (batch, end) = readBatch(atMost: min(most, Self.mostLines))
      try write(answer(batch.compactMap { try? $0.input.get() }), to: batch)
      guard let end else { continue }
      try end.get()
      return try finish()
    }
  }

  /// Writes the answers to the inputs of a batch, and reports the errors of its rows and answers.
  private mutating func write<Fault: Error>(
    _ answers: [Result<String?, Fault>], to batch: [Item]
  ) throws {
    var answers = answers[...]
    var text = ""
    for item in batch {
      switch item.input {
      case .failure(let error):
        try Console.write(text)
        text = ""
        try refuse(error)
      case .success(let input):
        switch answers.removeFirst() {
        case .success(let answer?): text += answer + "\n"
        case .success(nil): emptyLines += input.line.isBlank ? 1 : 0
        case .failure(let error):
          try Console.write(text)
          text = ""
          try refuse(error, line: item.line)
        }
      }
    }
    try Console.write(text)
  }

  /// The inputs that are there without waiting for the writer of a pipe, at least one, and whether they are the last.
  private mutating func readBatch(
    atMost most: Int
  ) -> (items: [Item], end: Result<Void, FileError>?) {
    var (batch, bytes) = ([Item](), 0)
    repeat {
      do throws(FileError) {
        guard let input = try inputs.next() else { return (batch, .success(())) }
        bytes += input.line.utf8.count
        batch.append((.success(input), inputs.line))
      } catch {
        // A faulty row has others after it; what is wrong with the whole file has not.
        guard error.isOfALine else { return (batch, .failure(error)) }
        batch.append((.failure(error), inputs.line))
      }
    } while inputs.isReady && batch.count < most && bytes < Self.mostBytes
    return (batch, nil)
  }

  /// Answers lines of numbers, each a step of a sequence or a whole one.
  private mutating func answerSequences(
    _ answering: LineAnswering, _ interface: SequenceInterface
  ) throws {
    var answering = answering
    while true {
      // The writer of a pipe may wait for the answers.
      if !inputs.isReady { try write(answering.flush(), interface) }
      let input: ModelInput?
      do throws(FileError) {
        input = try inputs.next()
      } catch {
        try write(answering.flush(), interface)
        guard error.isOfALine else { throw error }
        try refuse(error)
        continue
      }
      guard let input else { break }
      do {
        var isEchoed = answering.isInput(input.line)
        if case .record = input.origin { isEchoed = true }
        if isEchoed { waiting.append(Self.echo(of: input)) }
        try write(answering.take(input.line), interface)
      } catch let error as UnreadableInput {
        // The inputs before it have their answers first.
        let before = answering.flush()
        if waiting.count > before.count { waiting.removeLast() }
        try write(before, interface)
        try refuse(error, line: inputs.line)
      }
    }
    do {
      try write(answering.finish(), interface)
    } catch let error as UnreadableInput {
      try write(answering.flush(), interface)
      try refuse(error, line: inputs.line)
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

  /// Reports a line without an answer.
  private mutating func refuse(_ error: some Error, line: Int) throws {
    try refuse("\(error)", at: "\(inputs.name):\(line): \(error)", line: line)
  }

  /// Reports an invalid row.
  private mutating func refuse(_ error: FileError) throws {
    guard case .line(let line, _) = error.place else { throw error }
    try refuse("\(error.problem)", at: error.advised, line: line)
  }

  private mutating func refuse(_ problem: String, at whole: String, line: Int) throws {
    faults += 1
    guard json else { return Console.note(error: whole) }
    let members: [String: JSONValue] = ["error": .string(problem), "line": JSONValue(line)]
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
