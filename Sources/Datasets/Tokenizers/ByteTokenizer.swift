import FileCore
import Requirements

/// A byte tokenizer: one token for each byte, so that any file can be encoded and nothing is unknown.
///
/// A text is encoded as its UTF-8, so IDs are 0 to 255; special tokens follow. Decoding restores every byte;
/// ``encode(bytes:)`` and ``utf8(of:)`` also preserve bytes that are not UTF-8.
///
/// ```swift
/// let tokenizer = ByteTokenizer(special: ["<|endoftext|>"])
/// tokenizer.encode("né<|endoftext|>")  // [110, 195, 169, 256]
/// ```
public struct ByteTokenizer: Tokenizer, Hashable {
  /// `bytes`.
  public static let kind = "bytes"

  /// The tokens from id 256 on.
  public let special: SpecialTokens

  /// A printable ASCII character, or `<0x0A>`, for each byte; then the special tokens.
  public let vocabulary: [String]

  /// The tokenizer of all bytes.
  ///
  /// - Precondition: the special tokens' names are distinct and not empty.
  public init(special names: [String] = []) {
    special = SpecialTokens(names, firstID: 256)
    let bytes = (0..<256).map { UInt8($0) }
    vocabulary = bytes.map(Self.name(of:)) + names
  }

  private static func name(of byte: UInt8) -> String {
    if (0x20...0x7E).contains(byte) { return String(Unicode.Scalar(byte)) }
    return "<" + UTF8Scan.name(of: byte) + ">"
  }

  /// Nil: no text is unknown.
  public var unknown: Int32? { nil }

  /// The UTF-8 bytes of a text, with names of special tokens as single tokens.
  public func encode(_ text: String) -> [Int32] { encode(bytes: Array(text.utf8)) }

  /// The tokens of any bytes.
  public func encode(bytes: [UInt8]) -> [Int32] {
    bytes.withUnsafeBufferPointer { all in
      var tokens: [Int32] = []
      tokens.reserveCapacity(all.count)
      special.cut(all) { range in
        tokens.append(contentsOf: all[range].lazy.map { Int32($0) })
      } special: {
        tokens.append($0)
      }
      return tokens
    }
  }

  /// The byte, or the special token's name.
  public func utf8(of token: Int32) -> [UInt8] {
    require(
      vocabulary.indices.contains(Int(token)),
      "expected a token in 0..<\(vocabulary.count), found \(token)")
    return special.utf8(of: token) ?? [UInt8(token)]
  }
}

extension ByteTokenizer: Codable {
  private enum CodingKeys: String, CodingKey { case special }

  /// Writes the special tokens' names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(special.names, forKey: .special)
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` if a name is empty or duplicate.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(special: try container.decodeSpecialTokens(forKey: .special))
  }
}

extension KeyedDecodingContainer {
  /// Decodes names of special tokens, which must be distinct and not empty.
  func decodeSpecialTokens(forKey key: Key) throws -> [String] {
    let names = try decode([String].self, forKey: key)
    if let fault = SpecialTokens.fault(in: names) {
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: fault)
    }
    return names
  }
}
