/// The kinds of tokenizer that checkpoints can contain, by name.
///
/// It is a value, not a global list. A program with its own tokenizer passes a registry that contains it:
///
/// ```swift
/// var tokenizers = TokenizerRegistry.standard
/// tokenizers.register(SyllableTokenizer.self)
/// let decoder = JSONDecoder()
/// decoder.userInfo = tokenizers.userInfo
/// let tokenizer = try decoder.decode(AnyTokenizer.self, from: json).base
/// ```
public struct TokenizerRegistry: Sendable {
  private var types: [String: any Tokenizer.Type] = [:]

  /// The kinds of this library.
  public static let standard = TokenizerRegistry([
    BytePairTokenizer.self, ByteTokenizer.self, CharacterTokenizer.self, SeparatedTokenizer.self,
    VocabularyTokenizer.self, WordTokenizer.self,
  ])

  /// A registry of kinds; of two with the same name the later one is used.
  public init(_ types: [any Tokenizer.Type]) {
    for type in types { register(type) }
  }

  /// Adds a kind; replaces one of the same name.
  public mutating func register(_ type: any Tokenizer.Type) {
    types[type.kind] = type
  }

  /// The names of all kinds, in alphabetical order.
  public var kinds: [String] { types.keys.sorted() }

  /// The type of a kind; nil if it is unknown.
  public subscript(kind: String) -> (any Tokenizer.Type)? { types[kind] }

  /// A decoder's `userInfo` that makes ``AnyTokenizer`` use this registry.
  public var userInfo: [CodingUserInfoKey: any Sendable] {
    guard let key = Self.userInfoKey else { return [:] }
    return [key: self]
  }

  fileprivate static let userInfoKey = CodingUserInfoKey(rawValue: "Datasets.TokenizerRegistry")
}

/// A tokenizer of any kind with the name of its kind: the form in which tokenizers are saved.
///
/// As JSON: `{"kind": "character", "tokenizer": {"symbols": ["<unk>", "e", ...], ...}}`.
public struct AnyTokenizer: Codable, Sendable {
  /// The tokenizer itself.
  public let base: any Tokenizer

  /// Wraps a tokenizer.
  public init(_ base: any Tokenizer) {
    self.base = base
  }

  private enum CodingKeys: String, CodingKey { case kind, tokenizer }

  /// Writes the kind and the tokenizer.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(type(of: base).kind, forKey: .kind)
    try container.encode(base, forKey: .tokenizer)
  }

  /// Reads a tokenizer of a kind in the decoder's registry (``TokenizerRegistry/userInfo``), by default
  /// ``TokenizerRegistry/standard``.
  ///
  /// - Throws: `DecodingError` if the kind is unknown or its tokenizer is malformed.
  public init(from decoder: any Decoder) throws {
    let given = TokenizerRegistry.userInfoKey.flatMap { decoder.userInfo[$0] }
    let registry = given as? TokenizerRegistry ?? .standard
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let kind = try container.decode(String.self, forKey: .kind)
    guard let type = registry[kind] else {
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: container,
        debugDescription:
          "expected a tokenizer of kind \(registry.kinds.joined(separator: ", ")), found \(kind)")
    }
    base = try container.decode(type, forKey: .tokenizer)
  }
}
