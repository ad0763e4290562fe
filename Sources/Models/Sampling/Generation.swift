import Cells
import Datasets
import TensorCore

/// Endless text of a language model, piece by piece.
///
/// ```swift
/// let saved = try SavedLanguageModel(path: "model.rnnz")
/// for piece in saved.generation(prompt: "Once").prefix(500) { print(piece, terminator: "") }
/// ```
///
/// Each piece is the text of one token; it is empty inside a character of several tokens. The unknown token is never
/// written. The same seed gives the same text.
public struct Generation: Sequence, Sendable {
  private let model: LanguageModel
  private let tokenizer: any Tokenizer
  private let prompt: [Int32]
  private let sampler: Sampler
  private let seed: UInt64

  /// A continuation of a prompt; the prompt itself is not repeated.
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

  /// The tokens before a text without a prompt: an empty line, or else the first known token.
  private static func beginning(_ tokenizer: any Tokenizer) -> [Int32] {
    let newlines = tokenizer.encode("\n\n")
    if !newlines.isEmpty, newlines.allSatisfy({ $0 != tokenizer.unknown }) { return newlines }
    let known = tokenizer.vocabulary.indices.first { Int32($0) != tokenizer.unknown }
    return [Int32(known ?? 0)]
  }

  /// Generates the text.
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
