/// A source of text for a language model.
///
/// A corpus of one's own is a type with a name and a way to come by its text:
///
/// ```swift
/// struct Haiku: Corpus {
///   let name = "haiku"
///   func read() throws -> CorpusText { CorpusText("an old silent pond ...") }
/// }
/// ```
///
/// It is used directly, or by name through a ``CorpusRegistry``.
public protocol Corpus: Sendable {
  /// What it is called in messages and in a checkpoint.
  var name: String { get }

  /// Reads, or makes, the text.
  ///
  /// - Throws: ``DatasetError``, or an error of the corpus's own.
  func read() throws -> CorpusText

  /// Reads, or makes, the bytes of the text, for a tokenizer that takes any bytes; by default the text's
  /// UTF-8.
  func readBytes() throws -> [UInt8]
}

extension Corpus {
  /// The UTF-8 of the text.
  public func readBytes() throws -> [UInt8] { Array(try read().text.utf8) }
}

/// The text of a corpus and what the corpus knows about it.
public struct CorpusText: Sendable {
  /// The text to train on and to validate with, as the model sees it.
  public let text: String

  /// The tokenizer that suits the corpus.
  public let tokenizer: any Tokenizer

  /// The information in a range of the text's Unicode scalars, in nats, given all that comes before
  /// the range: a sum of `-ln p` under the process that made the text. Nil where nobody knows it.
  public let information: (@Sendable (Range<Int>) -> Double)?

  /// A text and its tokenizer, which by default is the ``CharacterTokenizer`` of the text.
  public init(
    _ text: String, tokenizer: (any Tokenizer)? = nil,
    information: (@Sendable (Range<Int>) -> Double)? = nil
  ) {
    self.text = text
    self.tokenizer = tokenizer ?? CharacterTokenizer(text)
    self.information = information
  }
}
