import FileCore

/// The concatenated texts of a folder: all files in it and its subfolders, sorted by name.
///
/// A line ending is added between two files if the first has none. Hidden files are skipped.
public struct TextFolder: Corpus {
  /// The folder's path.
  public let path: String
  /// The character encoding; detected for each file by default.
  public let encoding: TextEncoding?

  /// The Unicode normalization; none by default.
  public let form: TextForm

  /// The folder at a path.
  public init(path: String, encoding: TextEncoding? = nil, form: TextForm = .asWritten) {
    self.path = path
    self.encoding = encoding
    self.form = form
  }

  /// The path.
  public var name: String { path }

  /// Reads the files.
  ///
  /// - Throws: `FileError` for the first file that can't be read or is not text, or if there is no file.
  public func read() throws -> CorpusText {
    var text = ""
    try add(path, to: &text)
    guard !text.isEmpty else {
      throw FileError(file: path, expected: "a folder with text files", found: "none")
    }
    return CorpusText(form.apply(to: text))
  }

  private func add(_ folder: String, to text: inout String) throws(FileError) {
    let (folders, files) = try Folder.content(of: folder)
    for file in files {
      let more = try TextSource(file, encoding: encoding).text(limit: TextFile.sizeLimit)
      if let last = text.utf8.last, last != 0x0A, last != 0x0D { text += "\n" }
      text += more
      guard text.utf8.count <= TextFile.sizeLimit else {
        throw FileBytes.tooLarge(path, TextFile.sizeLimit)
      }
    }
    for inner in folders { try add(inner, to: &text) }
  }
}
