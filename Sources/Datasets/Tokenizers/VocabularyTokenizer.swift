/// A tokenizer of the characters in a given list, whose positions are the IDs: for vocabularies of other libraries.
///
/// Unlike ``CharacterTokenizer`` it needs no `<unk>` at the start. Entries of several characters, for example `<pad>`,
/// are special: no text is encoded to them. If one is `<unk>`, characters outside the list become it; otherwise they
/// are dropped.
public struct VocabularyTokenizer: Tokenizer, Hashable {
  /// `vocabulary`.
  public static let kind = "vocabulary"

  /// The entries in ID order.
  public let vocabulary: [String]

  /// The ID of `<unk>`, if there is one.
  public let unknown: Int32?

  private let ids: [Unicode.Scalar: Int32]

  /// The tokenizer of a list; nil if an entry is empty or duplicate.
  public init?(_ vocabulary: [String]) {
    var ids: [Unicode.Scalar: Int32] = [:]
    var seen: Set<[UInt8]> = []
    for (id, entry) in vocabulary.enumerated() {
      guard !entry.isEmpty, seen.insert(Array(entry.utf8)).inserted else { return nil }
      if let scalar = entry.unicodeScalars.first, entry.unicodeScalars.count == 1 {
        ids[scalar] = Int32(id)
      }
    }
    self.vocabulary = vocabulary
    self.ids = ids
    unknown = vocabulary.firstIndex(of: CharacterTokenizer.unknownSymbol).map(Int32.init)
  }

  /// One ID for each Unicode scalar; scalars outside the list become `<unk>` or are dropped.
  public func encode(_ text: String) -> [Int32] {
    text.unicodeScalars.compactMap { ids[$0] ?? unknown }
  }

  /// Whether both have the same entries, byte by byte.
  public static func == (left: Self, right: Self) -> Bool {
    left.vocabulary.map { Array($0.utf8) } == right.vocabulary.map { Array($0.utf8) }
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    for entry in vocabulary { hasher.combine(Array(entry.utf8)) }
  }
}

extension VocabularyTokenizer: Codable {
  private enum CodingKeys: String, CodingKey { case symbols }

  /// Writes the entries in ID order.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(vocabulary, forKey: .symbols)
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` if an entry is empty or duplicate.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let symbols = try container.decode([String].self, forKey: .symbols)
    guard let tokenizer = Self(symbols) else {
      throw DecodingError.dataCorruptedError(
        forKey: .symbols, in: container,
        debugDescription: "expected entries that differ from one another and are not empty")
    }
    self = tokenizer
  }
}
