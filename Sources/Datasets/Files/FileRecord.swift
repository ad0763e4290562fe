import FileCore

/// A field of a record: its text and its place.
struct FileField {
  var text: String
  /// The line, from 1.
  var line: Int
  /// The byte of the line at which it begins, from 1.
  var column: Int

  /// The error for a field with unexpected text.
  func fault(in path: String, expected: String) -> FileError {
    let shown = text.isEmpty ? "nothing" : text.count > 40 ? text.prefix(40) + "…" : text
    return FileError(
      file: path, line: line, column: column, expected: expected, found: shown)
  }
}

extension FileField {
  /// Throws for an empty field, because a model needs at least one step.
  func requireText(in path: String) throws(FileError) {
    if text.isEmpty { throw fault(in: path, expected: "a text") }
  }
}

/// The data of one sample: a row of a table, or the rows of a sentence.
struct FileRecord {
  var rows: [[FileField]]

  /// The fields of the only row.
  var fields: [FileField] { rows.first ?? [] }
}

/// Reads the records of a file one after another.
protocol FileRecordReader {
  /// The place of the next record.
  var place: SamplePlace { get }

  /// The next record; nil at the end.
  ///
  /// - Throws: `FileError` with the line of a malformed record; the next call then reads the record after it.
  mutating func next() throws(FileError) -> FileRecord?
}

extension TextLines {
  /// Makes a field of a line; its bytes must be UTF-8.
  func field(
    _ bytes: some Collection<UInt8>, line: Int, column: Int
  ) throws(FileError) -> FileField {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let fault = UTF8Scan.firstFault(in: bytes)
      throw FileError(
        file: path,
        .encoding(
          .utf8, .line(line, column: column + (fault?.offset ?? 0)),
          expected: fault?.expected ?? "text", found: fault?.found ?? "other bytes", likely: nil))
    }
    return FileField(text: text, line: line, column: column)
  }
}

extension TextLines {
  /// The place of the next line.
  var place: SamplePlace {
    var place = SamplePlace()
    (place.offset, place.line) = (offset, number)
    return place
  }

  /// Reads lines from a place on.
  convenience init(_ source: TextSource, from place: SamplePlace) {
    self.init(source, from: place.offset, number: place.line)
  }

  /// Seeks to the beginning of a line.
  func seek(to place: SamplePlace) { seek(to: place.offset, number: place.line) }
}

extension FileError {
  /// A table without rows.
  static func noRows(_ path: String) -> FileError {
    FileError(file: path, expected: "a row", found: "none")
  }
}
