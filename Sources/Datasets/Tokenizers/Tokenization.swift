/// How a text is turned into tokens, before there is a text: what `--tokenizer` and `--vocabulary-size` say.
public enum Tokenization: Codable, Hashable, Sendable {
  /// By the corpus's own tokenizer, which is one of characters unless the corpus says otherwise.
  case corpus
  /// A token a byte.
  case bytes
  /// A token for each of the most frequent words, at most so many tokens.
  case words(vocabularySize: Int)
  /// Byte pairs learnt from the text, at most so many tokens.
  case bytePairs(vocabularySize: Int)

  /// The choices' names on the command line.
  public static let names = ["character", "bytes", "words", "bpe"]

  /// The largest vocabulary that can be asked for.
  public static let largestVocabulary = 1 << 20

  /// The choice of a name and, for words and byte pairs, a size: by default 10,000 and 2,000 tokens.
  ///
  /// - Throws: ``DatasetError/badArgument(dataset:expected:found:)`` where the name is unknown or
  ///   the size is out of range.
  public init(named name: String, vocabularySize: Int? = nil) throws(DatasetError) {
    func size(_ usual: Int, from smallest: Int) throws(DatasetError) -> Int {
      let size = vocabularySize ?? usual
      guard (smallest...Self.largestVocabulary).contains(size) else {
        throw .badArgument(
          dataset: "vocabulary size",
          expected: "\(smallest) to \(Self.largestVocabulary) for \(name)",
          found: "\(size)")
      }
      return size
    }
    switch name {
    case "character", "bytes":
      if let vocabularySize {
        throw .badArgument(
          dataset: "vocabulary size", expected: "none for \(name), which takes what it needs",
          found: "\(vocabularySize)")
      }
      self = name == "bytes" ? .bytes : .corpus
    case "words": self = .words(vocabularySize: try size(10_000, from: 2))
    case "bpe":
      self = .bytePairs(vocabularySize: try size(2_000, from: BytePairTokenizer.alphabetSize))
    default:
      throw .badArgument(
        dataset: "tokenizer", expected: "one of " + Self.names.joined(separator: ", "), found: name)
    }
  }

  /// The tokenizer of a text; nil for the corpus's own.
  public func tokenizer(of text: String) -> (any Tokenizer)? {
    switch self {
    case .corpus: nil
    case .bytes: ByteTokenizer()
    case .words(let size): WordTokenizer(text, vocabularySize: size)
    case .bytePairs(let size): BytePairTokenizer(training: text, vocabularySize: size)
    }
  }
}
