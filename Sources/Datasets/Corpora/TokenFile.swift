/// A file of separated words, one sentence a line, like the Penn Treebank's for language models.
///
/// Its words are its tokens (``SeparatedTokenizer``); in such files rare words are already `<unk>`.
public struct TokenFile: Corpus {
  /// The file's path.
  public let path: String

  /// The file at a path.
  public init(path: String) { self.path = path }

  /// The path.
  public var name: String { path }

  static let registeredName = "ptb"

  /// Reads the file.
  ///
  /// - Throws: `FileError`: unreadable, too large, no text, or empty.
  public func read() throws -> CorpusText {
    let text = try TextFile(path: path).contents()
    return CorpusText(text, tokenizer: SeparatedTokenizer(text))
  }
}
