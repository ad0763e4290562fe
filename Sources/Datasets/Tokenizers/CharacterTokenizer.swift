import Requirements

/// One token a character, and `<unk>` at id 0 for every character that the vocabulary lacks.
///
/// A character is a Unicode scalar, as it is in Python, and not a Swift `Character`: scalars do not
/// change with the Unicode version of the system, and what is encoded comes back to the last byte
/// whatever its normal form. `decode(encode(text))` is `text` where all its scalars are known.
///
/// ```swift
/// let tokenizer = CharacterTokenizer("to be or not to be")
/// tokenizer.vocabulary        // ["<unk>", " ", "o", "t", "b", "e", "r", "n"]
/// tokenizer.encode("to be!")  // [3, 2, 1, 4, 5, 0]
/// ```
public struct CharacterTokenizer: Tokenizer, Hashable {
  /// How the characters are numbered, from id 1 on.
  public enum Order: Sendable {
    /// By falling frequency; of equals, the one that comes first in the text.
    case frequency
    /// By rising code point.
    case codePoint
  }

  /// `character`.
  public static let kind = "character"

  /// The printable name of token 0.
  public static let unknownSymbol = "<unk>"

  /// The characters in id order, from id 1 on.
  public let characters: [Unicode.Scalar]

  /// What is done to a text before it is encoded.
  public let normalization: TextNormalization

  /// `<unk>` and the characters.
  public let vocabulary: [String]

  private let bytes: [[UInt8]]
  private let table: ScalarTable

  /// The tokenizer of the characters that occur in `text` after normalization.
  public init(
    _ text: String, order: Order = .frequency, normalization: TextNormalization = .none
  ) {
    var tallies: [Unicode.Scalar: (count: Int, first: Int)] = [:]
    for (position, scalar) in normalization.apply(to: text).unicodeScalars.enumerated() {
      tallies[scalar, default: (0, position)].count += 1
    }
    let sorted =
      switch order {
      case .frequency:
        tallies.sorted {
          ($1.value.count, $0.value.first) < ($0.value.count, $1.value.first)
        }
      case .codePoint: tallies.sorted { $0.key < $1.key }
      }
    self.init(characters: sorted.map(\.key), normalization: normalization)
  }

  /// The tokenizer of a list of characters, which take the ids from 1 on.
  ///
  /// - Precondition: the characters differ from one another.
  public init(characters: [Unicode.Scalar], normalization: TextNormalization = .none) {
    self.characters = characters
    self.normalization = normalization
    vocabulary = [Self.unknownSymbol] + characters.map { String($0) }
    bytes = vocabulary.map { Array($0.utf8) }
    table = ScalarTable(characters)
    require(
      table.count == characters.count,
      "expected different characters, found \(table.count) different ones among \(characters.count)"
    )
  }

  /// 0.
  public var unknown: Int32? { 0 }

  /// One id for each Unicode scalar of the normalized text; 0 where it is unknown.
  public func encode(_ text: String) -> [Int32] {
    normalization.apply(to: text).unicodeScalars.map { table[$0] ?? 0 }
  }

  /// The character's UTF-8 bytes; those of `<unk>` for token 0.
  public func utf8(of token: Int32) -> [UInt8] {
    require(
      bytes.indices.contains(Int(token)), "expected a token in 0..<\(bytes.count), found \(token)")
    return bytes[Int(token)]
  }

  /// Two tokenizers are equal when they have the same characters, scalar by scalar, in the same
  /// order, and the same normalization.
  public static func == (left: Self, right: Self) -> Bool {
    left.characters == right.characters && left.normalization == right.normalization
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(characters)
    hasher.combine(normalization)
  }
}

extension CharacterTokenizer: Codable {
  private enum CodingKeys: String, CodingKey { case symbols, normalization }

  /// Writes the symbols in id order, `<unk>` first, and the normalization.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(vocabulary, forKey: .symbols)
    try container.encode(normalization, forKey: .normalization)
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` where a symbol after the first, which is `<unk>`, is not one
  ///   Unicode scalar, or occurs twice.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let symbols = try container.decode([String].self, forKey: .symbols)
    func corrupted(_ reason: String) -> DecodingError {
      .dataCorruptedError(forKey: .symbols, in: container, debugDescription: reason)
    }
    guard symbols.first == Self.unknownSymbol else {
      throw corrupted("symbol 0: expected <unk>, found \(symbols.first ?? "no symbol")")
    }
    var characters: [Unicode.Scalar] = []
    var seen: Set<Unicode.Scalar> = []
    for (id, symbol) in symbols.enumerated().dropFirst() {
      guard let scalar = symbol.unicodeScalars.first, symbol.unicodeScalars.count == 1 else {
        throw corrupted("symbol \(id): expected one Unicode scalar, found \"\(symbol)\"")
      }
      guard seen.insert(scalar).inserted else {
        throw corrupted("symbol \(id): expected a new character, found \"\(symbol)\" again")
      }
      characters.append(scalar)
    }
    self.init(
      characters: characters,
      normalization: try container.decode(TextNormalization.self, forKey: .normalization))
  }
}

/// Ids by scalar: a flat table for ASCII, a dictionary for the rest.
private struct ScalarTable: Sendable {
  private var ascii = [Int32](repeating: 0, count: 128)
  private var others: [Unicode.Scalar: Int32] = [:]
  private(set) var count = 0

  init(_ characters: [Unicode.Scalar]) {
    for (index, scalar) in characters.enumerated() where self[scalar] == nil {
      if scalar.isASCII {
        ascii[Int(scalar.value)] = Int32(index + 1)
      } else {
        others[scalar] = Int32(index + 1)
      }
      count += 1
    }
  }

  subscript(scalar: Unicode.Scalar) -> Int32? {
    guard scalar.isASCII else { return others[scalar] }
    let id = ascii[Int(scalar.value)]
    return id > 0 ? id : nil
  }
}
