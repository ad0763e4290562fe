import Checkpoint
import FileCore

/// A line that a language model has gone on with.
public struct Continuation: Sendable, Hashable {
  /// The line as it was given.
  public let prompt: String
  /// What the model wrote after it, up to the line's end.
  public let written: String

  /// The whole line.
  public var text: String { prompt + written }

  /// One line of JSON: `{"answer":" upon a time","input":"once"}`.
  public var json: String {
    JSONValue.object(["input": .string(prompt), "answer": .string(written)]).text
  }
}

extension SavedLanguageModel {
  /// Goes on with a line up to its end, or to the limit of its length.
  public func continuation(
    of prompt: String, _ writing: SequencePredictor.Writing
  ) -> Continuation {
    var written = ""
    let text = generation(prompt: prompt, sampler: writing.sampler, seed: writing.seed)
    for piece in text.prefix(writing.limit) {
      let line = piece.prefix { !$0.isNewline }
      written += line
      if line.count < piece.count { break }
    }
    return Continuation(prompt: prompt, written: written)
  }
}
