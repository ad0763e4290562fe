import FileCore

/// The concatenated texts of a folder: all files in it and its subfolders, sorted by name.
///
/// A line ending is added between two files if the first has none. Hidden files are skipped, and files that hold zero
/// bytes as no text does, such as pictures.
public struct TextFolder: Corpus {
  /// The folder's path.
  public let path: String
  /// The encoding and normalization of each file.
  public let reading: TextReading

  /// The folder at a path.
  public init(path: String, reading: TextReading = TextReading()) {
    self.path = path
    self.reading = reading
  }

  /// The path.
  public var name: String { path }

  /// Reads the files.
  ///
  /// - Throws: `FileError` for the first file that can't be read or is not text, or if there is no file.
  public func read() throws -> CorpusText {
    var text = ""
    for file in try content().texts {
      let more = try reading.text(of: file, limit: TextFile.sizeLimit)
      if let last = text.utf8.last, last != 0x0A, last != 0x0D { text += "\n" }
      text += more
      guard text.utf8.count <= TextFile.sizeLimit else {
        throw FileBytes.tooLarge(path, TextFile.sizeLimit)
      }
    }
    guard !text.isEmpty else {
      throw FileError(file: path, expected: "a folder with text files", found: "none")
    }
    return CorpusText(text)
  }

  /// The encodings in which its files are read, and the files that are skipped because they hold something else than text.
  ///
  /// - Throws: `FileError` if one can't be read.
  public func survey() throws -> (encodings: Set<TextEncoding>, otherFiles: [String]) {
    let (texts, others) = try content()
    return (try reading.encodings(of: texts), others)
  }

  private func content() throws(FileError) -> (texts: [String], others: [String]) {
    var (texts, others) = ([String](), [String]())
    for file in try files(in: path) {
      let isBinary = reading.encoding == nil ? try TextSource.isBinary(file) : false
      if isBinary { others.append(file) } else { texts.append(file) }
    }
    return (texts, others)
  }

  /// The files of a folder, then those of its subfolders.
  private func files(in folder: String) throws(FileError) -> [String] {
    let (folders, files) = try Folder.content(of: folder)
    var all = files
    for inner in folders { all += try self.files(in: inner) }
    return all
  }
}
