import Checkpoint
import FileCore
import TensorCore

/// A line and its continuation by a language model.
public struct Continuation: Sendable, Hashable {
  /// The given line.
  public let prompt: String
  /// The text that the model wrote after it, up to the line's end.
  public let written: String

  /// The whole line.
  public var text: String { prompt + written }

  /// One line of JSON: `{"answer":" upon a time","input":"once"}`.
  public var json: String { json(others: [:]) }

  /// The same with other fields of its line.
  public func json(others: [ExactString: JSONValue]) -> String {
    var members = others
    members["input"] = .string(prompt)
    members["answer"] = .string(written)
    return JSONValue.object(members).text
  }
}

extension SavedLanguageModel {
  /// Continues a line up to its end or to the length limit.
  public func continuation(
    of prompt: String, _ writing: SequencePredictor.Writing
  ) -> Continuation {
    var session = session(sampler: writing.sampler, seed: writing.seed)
    session.read(prompt)
    return Continuation(prompt: prompt, written: session.line(limit: writing.limit))
  }

  /// The continuations of lines, in their order, computed on all threads; each has the same bits as alone.
  public func continuations(
    of prompts: [String], _ writing: SequencePredictor.Writing
  ) -> [Continuation] {
    ThreadTeam.map(prompts) { continuation(of: $0, writing) }
  }
}
