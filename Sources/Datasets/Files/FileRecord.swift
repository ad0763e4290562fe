import FileCore

/// A field of a record: its text and where it stands.
struct FileField {
  var text: String
  /// The line, from 1.
  var line: Int
  /// The byte of the line at which it begins, from 1.
  var column: Int

  /// The error of a field that is not what it should be.
  func fault(in path: String, expected: String) -> FileError {
    let shown = text.isEmpty ? "nothing" : text.count > 40 ? text.prefix(40) + "…" : text
    return FileError(
      file: path, line: line, column: column, expected: expected, found: shown)
  }
}

extension FileField {
  /// Refuses a field without text: a model needs a step at least.
  func requireText(in path: String) throws(FileError) {
    if text.isEmpty { throw fault(in: path, expected: "a text") }
  }
}

/// What becomes one sample: a row of a table, or the rows of a sentence.
struct FileRecord {
  var rows: [[FileField]]

  /// The fields of the only row.
  var fields: [FileField] { rows.first ?? [] }
}

/// Reads the records of a file one after another.
protocol FileRecordReader {
  /// Where the next record begins.
  var place: SamplePlace { get }

  /// The next record, or nil at the end.
  ///
  /// - Throws: `FileError` with the line where a record is malformed; the next call then reads the one behind it.
  mutating func next() throws(FileError) -> FileRecord?
}

extension TextLines {
  /// A field of a line, which must be UTF-8.
  func field(
    _ bytes: some Collection<UInt8>, line: Int, column: Int
  ) throws(FileError) -> FileField {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let fault = UTF8Scan.firstFault(in: bytes)
      throw FileError(
        file: path, line: line, column: column + (fault?.offset ?? 0),
        expected: fault?.expected ?? "UTF-8", found: fault?.found ?? "other bytes")
    }
    return FileField(text: text, line: line, column: column)
  }
}

extension TextLines {
  /// Where the next line begins.
  var place: SamplePlace {
    var place = SamplePlace()
    (place.offset, place.line) = (offset, number)
    return place
  }

  /// The lines from a place on.
  convenience init(_ source: TextSource, from place: SamplePlace) {
    self.init(source, from: place.offset, number: place.line)
  }

  /// Goes to where a line begins.
  func seek(to place: SamplePlace) { seek(to: place.offset, number: place.line) }
}
