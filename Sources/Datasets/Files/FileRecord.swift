/// A field of a record: its text and where it stands.
struct FileField {
  var text: String
  /// The line, from 1.
  var line: Int
  /// The byte of the line at which it begins, from 1.
  var column: Int

  /// The error of a field that is not what it should be.
  func fault(in path: String, expected: String) -> DatasetError {
    let shown = text.isEmpty ? "nothing" : text.count > 40 ? text.prefix(40) + "…" : text
    return .badRow(path: path, line: line, column: column, expected: expected, found: shown)
  }
}

extension FileField {
  /// Refuses a field without text: a model needs a step at least.
  func requireText(in path: String) throws(DatasetError) {
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
  /// - Throws: ``DatasetError/badRow(path:line:column:expected:found:)`` where a record is malformed; the
  ///   next call then reads the one behind it.
  mutating func next() throws(DatasetError) -> FileRecord?
}

extension FileLines {
  /// A field of a line, which must be UTF-8.
  func field(
    _ bytes: some Collection<UInt8>, line: Int, column: Int
  ) throws(DatasetError) -> FileField {
    let all = Array(bytes)
    guard let text = String(validating: all, as: UTF8.self) else {
      let fault = UTF8Scan.firstFault(in: all)
      throw .badRow(
        path: path, line: line, column: column + (fault?.offset ?? 0),
        expected: fault?.expected ?? "UTF-8", found: fault?.found ?? "other bytes")
    }
    return FileField(text: text, line: line, column: column)
  }
}

extension [UInt8] {
  /// The line without its end, which is LF or CR LF.
  var withoutLineEnd: ArraySlice<UInt8> {
    guard last == UInt8(ascii: "\n") else { return self[...] }
    let line = dropLast()
    return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }
}
