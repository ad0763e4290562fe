import Checkpoint
import Datasets
import FileCore
import Models
import TensorCore

// One session for each id: `predict --sessions`.

extension PredictedLines {
  /// A line of a session: its id, whether it starts again, and what it says.
  private struct Turn {
    let id: String
    let isReset: Bool
    let value: SampleValue
    let input: JSONValue
    let others: [ExactString: JSONValue]
  }

  /// Answers each step or steps of numbers or symbols with the state of its id.
  mutating func answer(
    by store: inout SessionStore<StepPredictor>, _ interface: SequenceInterface
  ) throws {
    try answerTurns(by: &store, interface.input) { session, turn in
      session.prediction(for: turn.value)
        .json(interface, input: turn.input, others: turn.others)
    }
  }

  /// Reads each text with the state of its id, and writes on up to the end of a line.
  mutating func answer(
    by store: inout SessionStore<WritingSession>, _ saved: SavedLanguageModel, length: Int
  ) throws {
    try answerTurns(by: &store, .text(saved.tokenizer)) { session, turn in
      if case .string(let text) = turn.input { session.read(text) }
      var members = turn.others
      members["input"] = turn.input
      members["answer"] = .string(session.line(limit: length))
      return JSONValue.object(members).text
    }
  }

  /// Answers the lines of each id in their order, those of different ids on all threads. A line whose session can't be read
  /// has an error for its answer, unless it begins again.
  ///
  /// All sessions are saved however the run ends: with the last line, by an error, or by Ctrl-C and its kin.
  private mutating func answerTurns<State: Session>(
    by store: inout SessionStore<State>, _ kind: ValueKind,
    _ answer: (inout State, Turn) -> String
  ) throws {
    let form = form
    Interruption.listen()
    do {
      try forEachBatch(atMost: store.limit, until: { Interruption.isRequested }) { inputs in
        let turns = inputs.map { input in Result { try Self.turn(of: input, kind, form) } }
        return try Self.answers(to: turns, by: &store, answer)
      }
    } catch {
      do {
        try store.saveAll()
      } catch let other {
        Console.note(error: "\(other)")
      }
      throw error
    }
    try store.saveAll()
  }

  private static func answers<State: Session>(
    to turns: [Result<Turn, any Error>], by store: inout SessionStore<State>,
    _ answer: (inout State, Turn) -> String
  ) throws -> [Result<String?, any Error>] {
    var places: [ExactString: [Int]] = [:]
    for (place, turn) in turns.enumerated() {
      if let id = try? turn.get().id { places[ExactString(id), default: []].append(place) }
    }
    let order = places.values.sorted { ($0.last ?? 0) < ($1.last ?? 0) }
    let own = order.map { places in
      let turns = places.compactMap { try? turns[$0].get() }
      return (places, turns, OwnSession(of: turns[0].id, isNew: turns[0].isReset, in: store))
    }
    var answers = turns.map { turn in turn.map { _ -> String? in nil } }
    let found = ThreadTeam.map(own) { [start = store.newSession] places, turns, own in
      var own = own
      let answers = turns.map { turn -> Result<String?, any Error> in
        if turn.isReset { own = OwnSession(state: start) }
        if let fault = own.fault { return .failure(fault) }
        return .success(answer(&own.state, turn))
      }
      return (answers, own)
    }
    for ((places, turns, _), (texts, own)) in zip(own, found) {
      for (place, text) in zip(places, texts) { answers[place] = text }
      if own.fault == nil { try store.set(own.state, for: turns[0].id) }
    }
    return answers
  }

  /// The session of an id, or why it can't be read.
  private struct OwnSession<State: Session> {
    var state: State
    var fault: CheckpointError?

    init(state: State) { self.state = state }

    init(of id: String, isNew: Bool, in store: SessionStore<State>) {
      state = store.newSession
      guard !isNew else { return }
      do throws(CheckpointError) {
        state = try store.session(of: id)
      } catch {
        fault = error
      }
    }
  }

  private static func turn(
    of input: ModelInput, _ kind: ValueKind, _ form: TextForm?
  ) throws(UnreadableInput) -> Turn {
    let line = form?.apply(to: input.line) ?? input.line
    var (written, others): (JSONValue, [ExactString: JSONValue])
    switch input.origin {
    case .record(let text, let fields): (written, others) = (text, fields)
    case .line:
      guard let object = try JSONInput(line), let input = object.input else {
        throw UnreadableInput(
          expected: #"an object with the fields "id" and "input""#, found: line)
      }
      (written, others) = (input, object.others)
    }
    // A text may be empty: its session only writes on.
    let isText = if case .text = kind { true } else { false }
    let value = try isText ? kind.value(readingEvenNone: line) : kind.value(reading: line)
    var isReset = false
    switch others.removeValue(forKey: "reset") {
    case nil: break
    case .bool(let value)?: isReset = value
    case let other?:
      throw UnreadableInput(
        expected: #"a field "reset" that is true or false"#, found: other.text)
    }
    return Turn(
      id: try id(in: others), isReset: isReset, value: value, input: written, others: others)
  }

  private static func id(
    in others: [ExactString: JSONValue]
  ) throws(UnreadableInput) -> String {
    let id: String
    switch others["id"] {
    case .string(let text): id = text
    case .number(let text): id = text
    default:
      throw UnreadableInput(
        expected: #"a field "id" that is a text or a number"#,
        found: others["id"]?.text ?? "none")
    }
    guard 1...SessionStore<StepPredictor>.longestID ~= id.utf8.count else {
      throw UnreadableInput(
        expected: "an id of 1 to \(SessionStore<StepPredictor>.longestID) bytes",
        found: "\(id.utf8.count)")
    }
    return id
  }
}
