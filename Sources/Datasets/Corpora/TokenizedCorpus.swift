import FileCore
import Requirements

/// A tokenized corpus, split by position into a training and a validation part.
public struct TokenizedCorpus: Sendable {
  /// The corpus's name.
  public let name: String
  /// The fingerprint of the text.
  public let identity: CorpusIdentity
  /// The tokenizer.
  public let tokenizer: any Tokenizer
  /// The tokens of the first part of the text.
  public let training: [Int32]
  /// The tokens of the last part of the text.
  public let validation: [Int32]
  /// The information of the validation part in nats per token, given all text before it; nil if unknown. No model has a
  /// smaller expected loss there.
  public let validationFloor: Double?
  /// The average number of characters (Unicode scalars, or bytes for text that is not UTF-8) in a token of the
  /// validation part: 1 for characters, more for words. A loss per token divided by it is the loss per character.
  public let charactersPerToken: Double

  /// Reads a corpus and splits it: the last `validationFraction` of its Unicode scalars is for validation, the rest for
  /// training.
  ///
  /// Windows are cut after the split, so that no window of one part overlaps the other.
  ///
  /// - Parameters:
  ///   - corpus: the corpus.
  ///   - validationFraction: the share of the text for validation.
  ///   - tokenizer: the tokenizer to use, for example a checkpoint's; by default the one of `tokenization`.
  ///   - tokenization: how to make a tokenizer, from the training part alone; by default the corpus's own tokenizer,
  ///     which is made from the whole text.
  /// - Throws: ``DatasetError/empty(name:)``, or errors of the corpus.
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

  /// Splits a text.
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

  /// Splits bytes that are not text.
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
