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

  /// Reads a corpus and cuts it in two: the last `validationFraction` of its Unicode scalars is for
  /// validation, all before it for training.
  ///
  /// Windows are cut after the split, never before, so that no window of one part overlaps the other.
  ///
  /// - Parameters:
  ///   - corpus: where the text comes from.
  ///   - validationFraction: the share of the text that is for validation.
  ///   - tokenizer: the one to use, for example a checkpoint's; by default the corpus's own.
  /// - Throws: ``DatasetError/empty(name:)``, or what the corpus throws.
  /// - Precondition: `validationFraction` is in `0..<1`.
  public init(
    _ corpus: any Corpus, validationFraction: Double = 0.1, tokenizer: (any Tokenizer)? = nil
  ) throws {
    precondition(
      (0..<1).contains(validationFraction), "validation fraction \(validationFraction)")
    let source = try corpus.read()
    guard !source.text.isEmpty else { throw DatasetError.empty(name: corpus.name) }
    let scalars = source.text.unicodeScalars
    let count = scalars.count
    let cut = count - Int(Double(count) * validationFraction)
    let border = scalars.index(scalars.startIndex, offsetBy: cut)
    let tokenizer = tokenizer ?? source.tokenizer
    name = corpus.name
    identity = CorpusIdentity(source.text)
    self.tokenizer = tokenizer
    training = tokenizer.encode(String(scalars[..<border]))
    validation = tokenizer.encode(String(scalars[border...]))
    validationFloor =
      if let information = source.information, !validation.isEmpty {
        information(cut..<count) / Double(validation.count)
      } else {
        nil
      }
  }
}
