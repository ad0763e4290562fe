import Requirements

/// A character tokenizer: one token for each character, and `<unk>` with ID 0 for characters outside the vocabulary.
///
/// A character is a Unicode scalar, as in Python, and not a Swift `Character`: scalars do not depend on the system's
/// Unicode version, and decoding restores every byte in any normal form. `decode(encode(text))` is `text` if all its
/// scalars are known.
///
/// ```swift
/// let tokenizer = CharacterTokenizer("to be or not to be")
/// tokenizer.vocabulary        // ["<unk>", " ", "o", "t", "b", "e", "r", "n"]
/// tokenizer.encode("to be!")  // [3, 2, 1, 4, 5, 0]
/// ```
public struct CharacterTokenizer: Tokenizer, Hashable {
  /// The order of the characters' IDs, from 1 on.
  public enum Order: Sendable {
    /// By descending frequency; equally frequent ones by first occurrence in the text.
    case frequency
    /// By ascending code point.
    case codePoint
  }

  /// `character`.
  public static let kind = "character"

  /// The printable name of token 0.
  public static let unknownSymbol = "<unk>"

  /// The characters in ID order, from ID 1 on.
  public let characters: [Unicode.Scalar]

  /// The normalization of a text before encoding.
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

  /// The tokenizer of a list of characters, which get the IDs from 1 on.
  ///
  /// - Precondition: the characters are distinct.
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

  /// One ID for each Unicode scalar of the normalized text; 0 for unknown ones.
  public func encode(_ text: String) -> [Int32] {
    normalization.apply(to: text).unicodeScalars.map { table[$0] ?? 0 }
  }

  /// The character's UTF-8 bytes; those of `<unk>` for token 0.
  public func utf8(of token: Int32) -> [UInt8] {
    require(
      bytes.indices.contains(Int(token)), "expected a token in 0..<\(bytes.count), found \(token)")
    return bytes[Int(token)]
  }

  /// Whether both have the same characters in the same order, scalar by scalar, and the same normalization.
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

  /// Writes the symbols in ID order, `<unk>` first, and the normalization.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(vocabulary, forKey: .symbols)
    try container.encode(normalization, forKey: .normalization)
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` if a symbol after the first, which is `<unk>`, is not one Unicode scalar or is
  ///   duplicate.
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

/// IDs by scalar: a flat table for ASCII, a dictionary for the rest.
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
