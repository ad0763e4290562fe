import FileCore
import Requirements

/// A corpus ready for training: its tokens, split by position.
public struct TokenizedCorpus: Sendable {
  /// The corpus's name.
  public let name: String
  /// Which text it is.
  public let identity: CorpusIdentity
  /// What turned the text into tokens.
  public let tokenizer: any Tokenizer
  /// The tokens of the first part of the text.
  public let training: [Int32]
  /// The tokens of the last part of the text.
  public let validation: [Int32]
  /// The information in the validation part in nats per token, given all the text before it, or nil
  /// where nobody knows it: no model has a smaller expected loss there.
  public let validationFloor: Double?
  /// The characters (Unicode scalars, or bytes of what is no UTF-8) of the validation part for each of its
  /// tokens: 1 where a token is a character, more where it is a word. What is measured a token is
  /// divided by it to be measured a character.
  public let charactersPerToken: Double

  /// Reads a corpus and cuts it in two: the last `validationFraction` of its Unicode scalars is for
  /// validation, all before it for training.
  ///
  /// Windows are cut after the split, never before, so that no window of one part overlaps the other.
  ///
  /// - Parameters:
  ///   - corpus: where the text comes from.
  ///   - validationFraction: the share of the text that is for validation.
  ///   - tokenizer: the one to use, for example a checkpoint's; by default the one of `tokenization`.
  ///   - tokenization: how to make a tokenizer, which then knows the training part alone; by default
  ///     the corpus's own, which knows the whole text.
  /// - Throws: ``DatasetError/empty(name:)``, or what the corpus throws.
  /// - Precondition: `validationFraction` is in `0..<1`.
  public init(
    _ corpus: any Corpus, validationFraction: Double = 0.1, tokenizer: (any Tokenizer)? = nil,
    tokenization: Tokenization = .corpus
  ) throws {
    require(
      (0..<1).contains(validationFraction),
      "expected a validation fraction in 0..<1, found \(validationFraction)")
    let byBytes =
      tokenizer as? ByteTokenizer
      ?? (tokenizer == nil && tokenization == .bytes ? ByteTokenizer() : nil)
    do {
      try self.init(
        corpus.name, corpus.read(), validationFraction, tokenizer ?? byBytes, tokenization)
    } catch let error as FileError {
      guard case .encoding = error.problem, let byBytes else { throw error }
      self.init(corpus.name, try corpus.readBytes(), validationFraction, byBytes)
    }
  }

  /// A text, cut in two.
  private init(
    _ name: String, _ source: CorpusText, _ validationFraction: Double,
    _ tokenizer: (any Tokenizer)?, _ tokenization: Tokenization
  ) throws {
    guard !source.text.isEmpty else { throw DatasetError.empty(name: name) }
    let scalars = source.text.unicodeScalars
    let count = scalars.count
    let cut = count - Int(Double(count) * validationFraction)
    let border = scalars.index(scalars.startIndex, offsetBy: cut)
    let (first, last) = (String(scalars[..<border]), String(scalars[border...]))
    let tokenizer = tokenizer ?? tokenization.tokenizer(of: first) ?? source.tokenizer
    self.name = name
    identity = CorpusIdentity(source.text)
    self.tokenizer = tokenizer
    training = tokenizer.encode(first)
    validation = tokenizer.encode(last)
    charactersPerToken =
      validation.isEmpty ? 1 : Double(count - cut) / Double(validation.count)
    validationFloor =
      if let information = source.information, !validation.isEmpty {
        information(cut..<count) / Double(validation.count)
      } else {
        nil
      }
  }

  /// Bytes that are no text, cut in two.
  private init(
    _ name: String, _ bytes: [UInt8], _ validationFraction: Double, _ tokenizer: ByteTokenizer
  ) {
    let cut = bytes.count - Int(Double(bytes.count) * validationFraction)
    self.name = name
    identity = CorpusIdentity(bytes: bytes)
    self.tokenizer = tokenizer
    training = tokenizer.encode(bytes: Array(bytes[..<cut]))
    validation = tokenizer.encode(bytes: Array(bytes[cut...]))
    charactersPerToken = 1
    validationFloor = nil
  }
}
