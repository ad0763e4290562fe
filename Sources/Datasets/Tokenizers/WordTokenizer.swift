import Requirements

/// A word tokenizer: one token for each of the most frequent words of a text, and `<unk>` with ID 0 for all others.
///
/// A text is split by a fixed rule. A word is a run of letters, digits and underscores of any script, including an
/// apostrophe between two letters and a point or comma between two digits. An ideograph is a word, every other
/// character is a piece, and one space before a word or a mark is part of it. The concatenated pieces are the text, so
/// `decode(encode(text))` is `text` if all its words are known.
///
/// ```swift
/// let tokenizer = WordTokenizer("to be or not to be")
/// tokenizer.vocabulary           // ["<unk>", " be", "to", " or", " not", " to"]
/// tokenizer.encode("to be is")   // [2, 1, 0]
/// ```
///
/// For texts with many rare words use a ``BytePairTokenizer``, which has no unknown words.
public struct WordTokenizer: Tokenizer, Hashable {
  /// `words`.
  public static let kind = "words"

  /// The printable name of token 0.
  public static let unknownSymbol = "<unk>"

  /// The tokens from ID 1 on.
  public let special: SpecialTokens

  /// `<unk>`, the special tokens, and the words.
  public let vocabulary: [String]

  private let words: PieceTable

  /// The tokenizer of the most frequent words of a text; equally frequent ones by first occurrence.
  ///
  /// - Parameters:
  ///   - text: the text whose words are counted.
  ///   - vocabularySize: the most tokens, including `<unk>` and the special ones.
  ///   - names: special tokens.
  /// - Precondition: there is room for `<unk>` and the special tokens, whose names are distinct.
  public init(_ text: String, vocabularySize: Int = 10_000, special names: [String] = []) {
    let room = vocabularySize - 1 - names.count
    require(
      room >= 0,
      "expected room for \(names.count) special tokens, found a vocabulary of \(vocabularySize)")
    var counts = PieceCounts()
    let special = SpecialTokens(names, firstID: 1)
    Self.forEachPart(of: text, special) { part in
      WordPieces.forEach(in: part) { counts.add($0) }
    } special: { _ in
    }
    let chosen = counts.byFrequency.prefix(room)
    self.init(
      words: chosen.map { String(decoding: counts.pieces[$0], as: UTF8.self) }, special: names)
  }

  /// The tokenizer of a list of words, whose IDs come after `<unk>` and the special tokens.
  ///
  /// - Precondition: the words are distinct, byte by byte, and so are the special tokens.
  public init(words: [String], special names: [String] = []) {
    special = SpecialTokens(names, firstID: 1)
    vocabulary = [Self.unknownSymbol] + names + words
    self.words = Self.table(words)
    require(
      self.words.count == words.count,
      "expected different words, found \(self.words.count) different ones among \(words.count)")
  }

  private static func table(_ words: [String]) -> PieceTable {
    var table = PieceTable()
    for word in words { Array(word.utf8).withUnsafeBytes { _ = table.insert($0) } }
    return table
  }

  /// 0.
  public var unknown: Int32? { 0 }

  /// One token for each word and each other piece; 0 if it is unknown.
  public func encode(_ text: String) -> [Int32] {
    var tokens: [Int32] = []
    let first = Int32(1 + special.count)
    Self.forEachPart(of: text, special) { part in
      WordPieces.forEach(in: part) { piece in
        tokens.append(words.index(of: piece).map { first + Int32($0) } ?? 0)
      }
    } special: {
      tokens.append($0)
    }
    return tokens
  }

  private static func forEachPart(
    of text: String, _ special: SpecialTokens, _ body: (String) -> Void,
    special met: (Int32) -> Void
  ) {
    guard special.count > 0 else { return body(text) }
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      special.cut(bytes) {
        body(String(decoding: UnsafeBufferPointer(rebasing: bytes[$0]), as: UTF8.self))
      } special: {
        met($0)
      }
    }
  }

  /// Whether both have the same words and special tokens, byte by byte, in the same order.
  public static func == (left: Self, right: Self) -> Bool {
    left.special == right.special && left.words.bytes == right.words.bytes
      && left.vocabulary.map(\.utf8.count) == right.vocabulary.map(\.utf8.count)
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(special)
    hasher.combine(words.bytes)
  }
}

extension WordTokenizer: Codable {
  private enum CodingKeys: String, CodingKey { case words, special }

  /// Writes the words in ID order, and the special tokens' names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Array(vocabulary.dropFirst(1 + special.count)), forKey: .words)
    try container.encode(special.names, forKey: .special)
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` if a word or a name is duplicate, or a name is empty.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let words = try container.decode([String].self, forKey: .words)
    let names = try container.decodeSpecialTokens(forKey: .special)
    guard Self.table(words).count == words.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .words, in: container, debugDescription: "expected different words, found one twice"
      )
    }
    self.init(words: words, special: names)
  }
}
