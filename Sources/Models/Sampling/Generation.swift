import Datasets

/// Endless text of a language model, piece by piece.
///
/// ```swift
/// let saved = try SavedLanguageModel(path: "model.rnnz")
/// for piece in saved.generation(prompt: "Once").prefix(500) { print(piece, terminator: "") }
/// ```
///
/// Each piece is the text of one token; it is empty inside a character of several tokens. The unknown token is never
/// written. The same seed gives the same text. Its iterator is a ``WritingSession``.
public struct Generation: Sequence, Sendable {
  private let start: WritingSession

  /// A continuation of a prompt; the prompt itself is not repeated.
  ///
  /// - Precondition: the sampler passes ``Sampler/validate()``.
  public init(
    _ model: LanguageModel, _ tokenizer: any Tokenizer, prompt: String = "",
    sampler: Sampler = Sampler(), seed: UInt64 = 0
  ) {
    var start = WritingSession(model, tokenizer, sampler: sampler, seed: seed)
    start.read(prompt)
    self.start = start
  }

  /// Starts at the beginning of the text.
  public func makeIterator() -> WritingSession { start }
}
