import FileCore
import Requirements

/// Turns text into token ids and back.
///
/// A tokenizer is a value: it travels inside a checkpoint (see ``AnyTokenizer``) and is compared
/// exactly when training resumes. Token ids are `0..<vocabulary.count`.
///
/// A conforming type states four things, and ``utf8(of:)`` where a token is not what its name says; decoding,
/// whole or as a stream, follows from it.
/// Tokens need not hold whole characters: a token of bytes may end in the middle of one.
public protocol Tokenizer: Codable, Sendable {
  /// The name of this kind of tokenizer in a checkpoint, for example `character`.
  static var kind: String { get }

  /// A printable name of every token, in id order.
  var vocabulary: [String] { get }

  /// The token that stands for whatever the vocabulary lacks, if there is one.
  ///
  /// A sampler that writes for people leaves it out.
  var unknown: Int32? { get }

  /// The tokens of a text.
  func encode(_ text: String) -> [Int32]

  /// The UTF-8 bytes that a token stands for; its name in the vocabulary unless stated otherwise.
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

  /// The text of some tokens; bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Precondition: every token is in `0..<vocabulary.count`.
  public func decode(_ tokens: some Sequence<Int32>) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes += utf8(of: token) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Decodes token by token, for text that is shown while it is written.
///
/// The pieces, joined, are what `decode` gives for all the tokens at once.
///
/// ```swift
/// var stream = TokenStream(tokenizer)
/// for token in tokens { print(stream.decode(token), terminator: "") }
/// print(stream.finish())
/// ```
public struct TokenStream: Sendable {
  private let tokenizer: any Tokenizer
  private var pending: [UInt8] = []

  /// A stream at the beginning of a text.
  public init(_ tokenizer: any Tokenizer) {
    self.tokenizer = tokenizer
  }

  /// The text that is certain after one more token; empty in the middle of a character.
  ///
  /// - Precondition: `token` is in `0..<vocabulary.count`.
  public mutating func decode(_ token: Int32) -> String {
    pending += tokenizer.utf8(of: token)
    let whole = pending.count - UTF8Scan.unfinishedTail(of: pending)
    defer { pending.removeFirst(whole) }
    return String(decoding: pending[..<whole], as: UTF8.self)
  }

  /// What is left when no token follows: nothing, or U+FFFD for a character cut short.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }
}
