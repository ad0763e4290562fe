import FileCore
import Requirements

/// The Time Machine, or another book, prepared as in the book Dive into Deep Learning.
///
/// In every line each run of characters other than letters becomes one space, spaces at both ends are removed, letters
/// become lower case, and lines are joined without a separator (so the last word of a line and the first of the next
/// become one word, as in that book). The vocabulary is that of the whole book by descending frequency; the text is
/// its beginning.
///
/// H. G. Wells' book as distributed there gives 170,580 characters and a vocabulary of 28: `<unk>`, the space and the
/// 26 letters. Zhang et al., Dive into Deep Learning, sections 9.2-9.3.
public struct TimeMachine: Corpus {
  /// The book's path.
  public let path: String
  /// The number of characters used, from the beginning; nil for all.
  public let maxTokens: Int?

  /// The book at a path.
  ///
  /// - Precondition: `maxTokens` is positive.
  public init(path: String, maxTokens: Int? = 10_000) {
    require((maxTokens ?? 1) > 0, "expected a positive number of tokens, found \(maxTokens ?? 0)")
    self.path = path
    self.maxTokens = maxTokens
  }

  /// `timemachine`.
  public var name: String { Self.registeredName }

  static let registeredName = "timemachine"

  /// Reads the book and prepares it.
  ///
  /// - Throws: `FileError`: unreadable, too large, no text, or without a letter.
  public func read() throws -> CorpusText {
    let book = Self.prepare(try TextFile(path: path).contents())
    guard !book.isEmpty else { throw FileError.empty(path) }
    return CorpusText(
      String(decoding: book.utf8.prefix(maxTokens ?? .max), as: UTF8.self),
      tokenizer: CharacterTokenizer(book, normalization: .letters))
  }

  /// Prepares the text of a whole book.
  public static func prepare(_ book: String) -> String {
    var result: [UInt8] = []
    let lines = book.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    for line in lines {
      var letters = TextNormalization.letters(of: line)[...]
      if letters.first == UInt8(ascii: " ") { letters.removeFirst() }
      if letters.last == UInt8(ascii: " ") { letters.removeLast() }
      result += letters
    }
    return String(decoding: result, as: UTF8.self)
  }
}
