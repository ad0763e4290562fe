import FileCore

/// The texts of a folder, one after another: all files in it and in its folders, in the order of their names.
///
/// Between two files stands a line end where the first one has none. Hidden files are left out.
public struct TextFolder: Corpus {
  /// The folder's path.
  public let path: String
  /// How the files' bytes stand for text; found out for each unless given.
  public let encoding: TextEncoding?

  /// In which form their letters are read; as they are written unless given.
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
  /// - Throws: `FileError` of the first file that can't be read or is no text, or where there is none.
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
