import Cells
import Datasets
import TensorCore

/// A text that a model writes, piece by piece, without end.
///
/// ```swift
/// let saved = try SavedLanguageModel(path: "model.rnnz")
/// for piece in saved.generation(prompt: "Once").prefix(500) { print(piece, terminator: "") }
/// ```
///
/// Each piece is the text of one token; a piece is empty in the middle of a character that takes several.
/// The token that stands for unknown characters is never written. The same seed gives the same text.
public struct Generation: Sequence, Sendable {
  private let model: LanguageModel
  private let tokenizer: any Tokenizer
  private let prompt: [Int32]
  private let sampler: Sampler
  private let seed: UInt64

  /// A text that goes on from a prompt, which is not repeated.
  ///
  /// - Precondition: the sampler passes ``Sampler/validate()``.
  public init(
    _ model: LanguageModel, _ tokenizer: any Tokenizer, prompt: String = "",
    sampler: Sampler = Sampler(), seed: UInt64 = 0
  ) {
    sampler.requireValid()
    self.model = model
    self.tokenizer = tokenizer
    self.sampler = sampler
    self.seed = seed
    let tokens = tokenizer.encode(prompt)
    self.prompt = tokens.isEmpty ? Self.beginning(tokenizer) : tokens
  }

  /// What a text starts from that has no prompt: the end of a paragraph, or else the first known token.
  private static func beginning(_ tokenizer: any Tokenizer) -> [Int32] {
    let newlines = tokenizer.encode("\n\n")
    if !newlines.isEmpty, newlines.allSatisfy({ $0 != tokenizer.unknown }) { return newlines }
    let known = tokenizer.vocabulary.indices.first { Int32($0) != tokenizer.unknown }
    return [Int32(known ?? 0)]
  }

  /// Writes the text.
  public struct Iterator: IteratorProtocol {
    private let generation: Generation
    private var pending: [Int32]
    private var state: RecurrentState
    private var stream: TokenStream
    private var generator: Philox

    fileprivate init(_ generation: Generation) {
      self.generation = generation
      pending = generation.prompt
      state = generation.model.zeroState(batch: 1)
      stream = TokenStream(generation.tokenizer)
      generator = Philox(seed: generation.seed)
    }

    /// The next piece; never nil.
    public mutating func next() -> String? {
      let logits: Tensor
      (logits, state) = generation.model.advance(pending, from: state)
      let token = generation.sampler.token(
        from: logits.scalars, excluding: generation.tokenizer.unknown, using: &generator)
      pending = [token]
      return stream.decode(token)
    }
  }

  /// Starts at the beginning of the text.
  public func makeIterator() -> Iterator { Iterator(self) }
}
