/// A choice of tokenizer, made before the text is known.
public enum Tokenization: Codable, Hashable, Sendable {
  /// The corpus's own tokenizer, by default a character tokenizer.
  case corpus
  /// One token for each byte.
  case bytes
  /// The most frequent words, at most `vocabularySize` tokens.
  case words(vocabularySize: Int)
  /// Byte pairs trained on the text, at most `vocabularySize` tokens.
  case bytePairs(vocabularySize: Int)

  /// The choices' names on the command line.
  public static let names = ["character", "bytes", "words", "bpe"]

  /// The largest vocabulary size.
  public static let largestVocabulary = 1 << 20

  /// The choice of a name and, for words and byte pairs, a size: by default 10,000 and 2,000 tokens.
  ///
  /// - Throws: ``DatasetError/badArgument(dataset:expected:found:)`` if the name is unknown or the size is out of
  ///   range.
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

  /// Makes the tokenizer for a text; nil for the corpus's own.
  public func tokenizer(of text: String) -> (any Tokenizer)? {
    switch self {
    case .corpus: nil
    case .bytes: ByteTokenizer()
    case .words(let size): WordTokenizer(text, vocabularySize: size)
    case .bytePairs(let size): BytePairTokenizer(training: text, vocabularySize: size)
    }
  }
}
