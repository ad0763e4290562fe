import Requirements

/// A tokenizer for texts that are already split into words, like the Penn Treebank's files: one token for each word
/// between white space, and `<eos>` at the end of every line.
///
/// `<unk>` with ID 0 stands for words outside the vocabulary, and for `<unk>` in the text. Decoding writes one space
/// after each word; the original white space is lost.
///
/// ```swift
/// let tokenizer = SeparatedTokenizer("the cat\nthe <unk>\n")
/// tokenizer.vocabulary             // ["<unk>", "<eos>", "the", "cat"]
/// tokenizer.encode(" the dog \n")  // [2, 0, 1]
/// ```
///
/// Mikolov et al., Recurrent neural network based language model, 2010.
public struct SeparatedTokenizer: Tokenizer, Hashable {
  /// `separated`.
  public static let kind = "separated"

  private static let unknownSymbol = "<unk>"
  private static let endSymbol = "<eos>"

  /// `<unk>`, `<eos>`, and the words.
  public var vocabulary: [String] { names.names }

  private let names: Vocabulary

  /// The tokenizer of the most frequent words of a text; equally frequent ones by first occurrence.
  ///
  /// - Parameters:
  ///   - text: the text whose words are counted.
  ///   - vocabularySize: the most tokens, including `<unk>` and `<eos>`.
  /// - Precondition: `vocabularySize` is 2 or more.
  public init(_ text: String, vocabularySize: Int = 1 << 20) {
    require(
      vocabularySize > 1, "expected a vocabulary of 2 or more tokens, found \(vocabularySize)")
    var counts = PieceCounts()
    Self.forEachWord(of: text) { word in
      if let word { Array(word.utf8).withUnsafeBytes { counts.add($0) } }
    }
    let words = counts.byFrequency.map { String(decoding: counts.pieces[$0], as: UTF8.self) }
    let own = [Self.unknownSymbol, Self.endSymbol]
    let others = words.filter { !own.contains($0) }.prefix(vocabularySize - 2)
    names = Vocabulary(own + others)
  }

  private init(_ names: Vocabulary) { self.names = names }

  /// Calls `body` with each word, and with nil for each line's end.
  private static func forEachWord(of text: String, _ body: (String?) -> Void) {
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      for word in words { body(String(Substring(word))) }
      if index < lines.count - 1 { body(nil) }
    }
  }

  /// 0.
  public var unknown: Int32? { 0 }

  /// One token for each word, and `<eos>` for each line's end.
  public func encode(_ text: String) -> [Int32] {
    var tokens: [Int32] = []
    Self.forEachWord(of: text) { word in
      tokens.append(word.map { names.id(of: $0) ?? 0 } ?? 1)
    }
    return tokens
  }

  /// The word and a space; a line feed for `<eos>`.
  public func utf8(of token: Int32) -> [UInt8] {
    Array((token == 1 ? "\n" : names.name(of: token) + " ").utf8)
  }
}

extension SeparatedTokenizer: Codable {
  private enum CodingKeys: String, CodingKey { case words }

  /// Writes the vocabulary in ID order.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(names, forKey: .words)
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` if a word is duplicate, or the first two are not `<unk>` and `<eos>`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let names = try container.decode(Vocabulary.self, forKey: .words)
    guard names.names.starts(with: [Self.unknownSymbol, Self.endSymbol]) else {
      throw DecodingError.dataCorruptedError(
        forKey: .words, in: container, debugDescription: "expected <unk> and <eos> first")
    }
    self.init(names)
  }
}
