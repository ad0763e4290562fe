import FileCore
import Requirements

/// Converts text to token IDs and back.
///
/// A tokenizer is a value: it is saved in a checkpoint (see ``AnyTokenizer``) and compared exactly when training
/// resumes. Token IDs are `0..<vocabulary.count`.
///
/// A conforming type implements four members, and ``utf8(of:)`` if a token's bytes differ from its name. Decoding, of
/// whole texts and of streams, follows. A token need not be whole characters: a token of bytes may end inside one.
public protocol Tokenizer: Codable, Sendable {
  /// The name of this kind of tokenizer in a checkpoint, for example `character`.
  static var kind: String { get }

  /// A printable name of every token, in ID order.
  var vocabulary: [String] { get }

  /// The unknown token, for text outside the vocabulary, if there is one.
  ///
  /// Text generation never writes it.
  var unknown: Int32? { get }

  /// The tokens of a text.
  func encode(_ text: String) -> [Int32]

  /// The UTF-8 bytes of a token; by default its name in the vocabulary.
  ///
  /// - Precondition: `token` is in `0..<vocabulary.count`.
  func utf8(of token: Int32) -> [UInt8]
}

extension Tokenizer {
  /// The UTF-8 of the token's name.
  public func utf8(of token: Int32) -> [UInt8] {
    require(
      vocabulary.indices.contains(Int(token)),
      "expected a token in 0..<\(vocabulary.count), found \(token)")
    return Array(vocabulary[Int(token)].utf8)
  }

  /// The text of tokens; bytes that are not valid UTF-8 become U+FFFD.
  ///
  /// - Precondition: every token is in `0..<vocabulary.count`.
  public func decode(_ tokens: some Sequence<Int32>) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes += utf8(of: token) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Decodes token by token, for text that is shown while it is generated.
///
/// The concatenated pieces equal the result of `decode` for all tokens.
///
/// ```swift
/// var stream = TokenStream(tokenizer)
/// for token in tokens { print(stream.decode(token), terminator: "") }
/// print(stream.finish())
/// ```
public struct TokenStream: Sendable {
  private let tokenizer: any Tokenizer
  /// The bytes of an unfinished character.
  package var unfinished: [UInt8] = []

  /// A stream at the beginning of a text.
  public init(_ tokenizer: any Tokenizer) {
    self.tokenizer = tokenizer
  }

  /// The text that is complete after one more token; empty inside a character.
  ///
  /// - Precondition: `token` is in `0..<vocabulary.count`.
  public mutating func decode(_ token: Int32) -> String {
    unfinished += tokenizer.utf8(of: token)
    let whole = unfinished.count - UTF8Scan.unfinishedTail(of: unfinished)
    defer { unfinished.removeFirst(whole) }
    return String(decoding: unfinished[..<whole], as: UTF8.self)
  }

  /// The remaining text at the end: empty, or U+FFFD for an incomplete character.
  public mutating func finish() -> String {
    defer { unfinished = [] }
    return String(decoding: unfinished, as: UTF8.self)
  }
}
