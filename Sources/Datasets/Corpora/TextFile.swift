import FileCore

/// Any text file, unchanged: plain or packed by gzip, in UTF-8, or in UTF-16 or Latin-1, given or detected.
///
/// Every character of the file is kept, including line endings; only a byte order mark is removed. The vocabulary is
/// that of the file, by descending frequency.
public struct TextFile: Corpus {
  /// The largest file that is read, in bytes: 1 GiB.
  public static let sizeLimit = TextSource.largest

  /// The file's path.
  public let path: String

  /// Its encoding and normalization.
  public let reading: TextReading

  /// The file at a path.
  public init(path: String, reading: TextReading = TextReading()) {
    self.path = path
    self.reading = reading
  }

  /// The path.
  public var name: String { path }

  /// Reads the file.
  ///
  /// - Throws: `FileError`: unreadable, too large, no text, or empty.
  public func read() throws -> CorpusText {
    CorpusText(try contents())
  }

  /// The encoding in which it is read.
  ///
  /// - Throws: `FileError` if it can't be read.
  public func encodings() throws -> Set<TextEncoding> { try reading.encodings(of: [path]) }

  /// Reads the file's bytes, whatever they are, unpacked.
  ///
  /// - Throws: `FileError`: unreadable or too large.
  public func readBytes() throws -> [UInt8] {
    try FileBytes.readUnpacked(path, limit: Self.sizeLimit)
  }

  /// The file's text without a byte order mark.
  func contents() throws(FileError) -> String {
    let text = try reading.text(of: path, limit: Self.sizeLimit)
    guard !text.isEmpty else { throw FileError.empty(path) }
    return text
  }
}
