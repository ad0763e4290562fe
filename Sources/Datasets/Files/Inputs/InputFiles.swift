import FileCore

/// The text files of a folder and its subfolders as inputs of a model, in the order of their paths.
struct InputFiles {
  private let encoding: TextEncoding?
  private var paths: ArraySlice<String>

  init(_ path: String, encoding: TextEncoding?) throws(FileError) {
    self.encoding = encoding
    paths = try Self.files(in: path)[...]
    guard !paths.isEmpty else {
      throw FileError(file: path, expected: "a folder with text files", found: "none")
    }
  }

  private static func files(in path: String) throws(FileError) -> [String] {
    let (folders, files) = try Folder.content(of: path)
    var all = files
    for folder in folders { all += try self.files(in: folder) }
    return all
  }

  /// The next file's text.
  mutating func next() throws(FileError) -> ModelInput? {
    guard let path = paths.popFirst() else { return nil }
    do throws(FileError) {
      let text = try TextSource(path, encoding: encoding).text(limit: LabelledFolder.largestText)
      guard !text.isEmpty else { throw FileError.empty(path) }
      return ModelInput(text: text, others: ["file": .string(path)])
    } catch {
      // The error of one file, after which the others are read.
      throw FileError(
        file: path, line: 1, column: 1, expected: "a text", found: "\(error.problem)")
    }
  }
}

/// The sentences of a file of tagged words as inputs of a model.
struct InputSentences {
  private var reader: any FileRecordReader
  private let word: Int
  private let path: String

  init(
    _ path: String, _ options: FileOptions?, isUniversal: Bool, _ encoding: TextEncoding?
  ) throws(FileError) {
    let source = try TextSource(path, encoding: encoding)
    reader = SentenceReader(TextLines(source), SentenceStyle(source, isUniversal: isUniversal))
    word = options?.columns.first.flatMap { Int($0) }.map { $0 - 1 } ?? (isUniversal ? 1 : 0)
    self.path = path
  }

  /// The next sentence's words.
  mutating func next() throws(FileError) -> ModelInput? {
    guard let record = try reader.next() else { return nil }
    var words: [String] = []
    for fields in record.rows {
      guard fields.indices.contains(word) else {
        throw FileError(
          file: path, line: fields[0].line, column: 1,
          expected: (word + 1).counted("columns"), found: fields.count.grouped)
      }
      words.append(fields[word].text)
    }
    return ModelInput(words: words)
  }
}
