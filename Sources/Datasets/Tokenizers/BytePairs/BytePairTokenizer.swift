import Requirements

/// A byte-pair tokenizer: tokens are frequent sequences of bytes, such as parts of words, and words with a space.
///
/// The alphabet is the 256 bytes, so nothing is unknown and `decode(encode(text))` equals `text` for any text. Training
/// turns the most frequent pair of adjacent tokens into a token, again and again; encoding merges the bytes of a text
/// in that order. Merges stay within the pieces into which GPT-2 splits a text: contractions, and runs of letters, of
/// numbers, of other characters and of white space, each with the space before it.
///
/// ```swift
/// let tokenizer = BytePairTokenizer(training: "low lower lowest", vocabularySize: 260)
/// tokenizer.vocabulary[256...]  // ["lo", "low", "Ġlow", "Ġlowe"]
/// tokenizer.encode("lowest")    // [257, 101, 115, 116]
/// ```
///
/// Training is deterministic. ``init(vocabularyPath:mergesPath:special:)`` reads a vocabulary from GPT-2's two files.
///
/// Sennrich, Haddow and Birch, Neural Machine Translation of Rare Words with Subword Units, 2016; Radford et
/// al., Language Models are Unsupervised Multitask Learners, 2019.
public struct BytePairTokenizer: Tokenizer {
  /// `bpe`.
  public static let kind = "bpe"

  /// The number of single-byte tokens, which is the smallest vocabulary.
  public static let alphabetSize = 256

  /// Every token as printable text in GPT-2's encoding, in which a space is `Ġ`; special tokens by name.
  public let vocabulary: [String]

  /// The names of the special tokens, which are recognized in texts.
  public var special: [String] { marks.map(\.name) }

  let merges: [BytePairMerge]
  let marks: [(name: String, id: Int32)]
  private let tokens: [[UInt8]]
  private let rules: BytePairRules
  private let cutter: SpecialTokens

  /// Trains a tokenizer on a text.
  ///
  /// Training ends early if no pair occurs twice, so that a small text may give a smaller vocabulary. Tens of megabytes
  /// take seconds in a release build.
  ///
  /// - Parameters:
  ///   - text: the training text. Special tokens in it are skipped.
  ///   - vocabularySize: the most tokens, including the 256 bytes and the special tokens.
  ///   - names: special tokens; their IDs come after all others.
  /// - Precondition: there is room for the bytes and the special tokens, whose names differ.
  public init(training text: String, vocabularySize: Int, special names: [String] = []) {
    let room = vocabularySize - Self.alphabetSize - names.count
    require(
      room >= 0,
      "expected room for \(Self.alphabetSize) bytes, found a vocabulary of \(vocabularySize)")
    var counts = PieceCounts()
    Self.forEachPiece(of: text, SpecialTokens(names, firstID: 0)) {
      counts.add($0)
    } special: { _ in
    }
    let training = BytePairTraining(counts, merges: room)
    let first = Int32(training.tokens.count)
    self.init(
      tokens: training.tokens + names.map { Array($0.utf8) }, merges: training.merges,
      marks: names.enumerated().map { ($1, first + Int32($0)) })
  }

  init(tokens: [[UInt8]], merges: [BytePairMerge], marks: [(name: String, id: Int32)]) {
    self.tokens = tokens
    self.merges = merges
    self.marks = marks
    let named = Dictionary(uniqueKeysWithValues: marks.map { ($0.id, $0.name) })
    vocabulary = tokens.indices.map { named[Int32($0)] ?? PrintableBytes.text(of: tokens[$0]) }
    var bytes = [Int32](repeating: 0, count: 256)
    for (id, token) in tokens.enumerated() where token.count == 1 && named[Int32(id)] == nil {
      bytes[Int(token[0])] = Int32(id)
    }
    let ranked = merges.enumerated().map { ($1.pair, (rank: Int32($0), result: $1.result)) }
    rules = BytePairRules(
      bytes: bytes, merges: Dictionary(ranked, uniquingKeysWith: { first, _ in first }))
    cutter = SpecialTokens(marks.map(\.name), firstID: 0)
  }

  /// Nil: no text is unknown.
  public var unknown: Int32? { nil }

  /// The tokens of a text.
  public func encode(_ text: String) -> [Int32] {
    var tokens: [Int32] = []
    var encoder = BytePairEncoder(rules)
    Self.forEachPiece(of: text, cutter) {
      encoder.encode($0, into: &tokens)
    } special: {
      tokens.append(marks[Int($0)].id)
    }
    return tokens
  }

  /// The bytes of a token, which may begin or end inside a character.
  public func utf8(of token: Int32) -> [UInt8] {
    require(
      tokens.indices.contains(Int(token)), "expected a token in 0..<\(tokens.count), found \(token)"
    )
    return tokens[Int(token)]
  }

  private static func forEachPiece(
    of text: String, _ cutter: SpecialTokens, _ body: (UnsafeRawBufferPointer) -> Void,
    special: (Int32) -> Void
  ) {
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      cutter.cut(bytes) {
        BytePairPieces.forEach(in: UnsafeBufferPointer(rebasing: bytes[$0]), body)
      } special: {
        special($0)
      }
    }
  }
}

extension BytePairTokenizer: Hashable {
  /// Whether both have the same tokens, merges and special tokens.
  public static func == (left: Self, right: Self) -> Bool {
    left.tokens == right.tokens && left.merges == right.merges
      && left.marks.map(\.id) == right.marks.map(\.id)
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(tokens)
    hasher.combine(merges)
    hasher.combine(marks.map(\.id))
  }
}
