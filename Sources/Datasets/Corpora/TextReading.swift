import FileCore

/// How text files are read: their encoding, and the normalization of their letters.
///
/// Texts are compared byte by byte: `é` as one character and `e` with a combining accent are different texts. With
/// `TextForm.composed` both are read as the first.
public struct TextReading: Codable, Hashable, Sendable {
  /// The character encoding; detected by default.
  public var encoding: TextEncoding?
  /// The Unicode normalization; none by default.
  public var form: TextForm?

  /// An encoding, and a normalization.
  public init(encoding: TextEncoding? = nil, form: TextForm? = nil) {
    self.encoding = encoding
    self.form = form
  }

  /// The encodings of files, each once.
  ///
  /// - Throws: `FileError` if one can't be read.
  func encodings(of paths: [String]) throws(FileError) -> Set<TextEncoding> {
    var found: Set<TextEncoding> = []
    for path in paths { found.insert(try TextSource(path, encoding: encoding).encoding) }
    return found
  }

  /// A file's text without a byte order mark.
  ///
  /// - Throws: `FileError` if it can't be read, is larger than `limit` bytes, or is no text in the encoding.
  func text(of path: String, limit: Int) throws(FileError) -> String {
    let text = try TextSource(path, encoding: encoding).text(limit: limit)
    return form?.apply(to: text) ?? text
  }
}
