import FileCore

/// Reads rows of fields with a delimiter between them, as RFC 4180 defines it for commas.
///
/// A quoted field ends with the next single quote; inside, two quotes are one, and delimiters and line endings are
/// text. Empty lines are skipped, and a first line that states the delimiter, such as `sep=;`. A quote inside an
/// unquoted field is an error in comma-separated files, but text in tab-separated files, where sentences are usual.
struct DelimitedReader: FileRecordReader {
  private let lines: TextLines
  private let delimiter: UInt8
  private var allowsBareQuotes: Bool { delimiter == UInt8(ascii: "\t") }

  init(_ lines: TextLines, delimiter: Unicode.Scalar) {
    self.lines = lines
    self.delimiter = UInt8(ascii: delimiter)
  }

  var place: SamplePlace { lines.place }

  mutating func next() throws(FileError) -> FileRecord? {
    while true {
      guard let line = try lines.next() else { return nil }
      if line.withoutLineEnd.isEmpty || lines.number == 1 && statesDelimiter(line) { continue }
      let behind = lines.place
      do throws(FileError) {
        return FileRecord(rows: [try row(beginning: line)])
      } catch {
        // The lines after the first line of a malformed row may be valid rows.
        lines.seek(to: behind)
        throw error
      }
    }
  }

  private func statesDelimiter(_ line: [UInt8]) -> Bool {
    Delimiter.stated(by: line.withoutLineEnd).map { $0.value == UInt32(delimiter) } ?? false
  }

  /// The fields of a row that begins with a line and may continue on the next lines.
  private func row(beginning first: [UInt8]) throws(FileError) -> [FileField] {
    var row = Row(bytes: first, line: lines.place.line)
    var fields: [FileField] = []
    while true {
      fields.append(try field(&row))
      if row.isAtEnd { return fields }
      row.position += 1
    }
  }

  /// The lines of a row, and the reading position.
  private struct Row {
    var bytes: [UInt8]
    var position = 0
    /// The number of the current line.
    var line: Int
    /// The offset of that line.
    var lineStart = 0
    /// The size of all lines read for the row.
    var size = 0

    init(bytes: [UInt8], line: Int) {
      self.bytes = bytes
      self.line = line
    }

    var column: Int { position - lineStart + 1 }

    /// Whether the row ends here: only a line ending is left.
    var isAtEnd: Bool {
      switch bytes.count - position {
      case 0: true
      case 1: bytes[position] == 0x0A || bytes[position] == 0x0D
      case 2: bytes[position] == 0x0D && bytes[position + 1] == 0x0A
      default: false
      }
    }
  }

  private func fault(_ row: Row, _ expected: String) -> FileError {
    let found =
      row.isAtEnd
      ? "the end of the line"
      : String(decoding: row.bytes[row.position..<row.position + 1], as: UTF8.self)
    return FileError(
      file: lines.path, line: row.line, column: row.column, expected: expected, found: found)
  }

  private func field(_ row: inout Row) throws(FileError) -> FileField {
    let (line, column) = (row.line, row.column)
    guard !row.isAtEnd, row.bytes[row.position] == UInt8(ascii: "\"") else {
      let start = row.position
      while !row.isAtEnd, row.bytes[row.position] != delimiter {
        if row.bytes[row.position] == UInt8(ascii: "\""), !allowsBareQuotes {
          throw fault(row, "quotes around the field that holds one")
        }
        row.position += 1
      }
      let bytes = row.bytes[start..<row.position]
      return try lines.field(
        delimiter == UInt8(ascii: ";") ? Self.withPoint(bytes) : bytes, line: line, column: column)
    }
    row.position += 1
    var text: [UInt8] = []
    while true {
      guard row.position < row.bytes.count else {
        try goOn(&row, quoteLine: line, quoteColumn: column)
        continue
      }
      let byte = row.bytes[row.position]
      row.position += 1
      guard byte == UInt8(ascii: "\"") else {
        text.append(byte)
        continue
      }
      guard row.position < row.bytes.count, row.bytes[row.position] == byte else { break }
      text.append(byte)
      row.position += 1
    }
    guard row.isAtEnd || row.bytes[row.position] == delimiter else {
      throw fault(row, "a delimiter or the end of the line behind the quote")
    }
    return try lines.field(text, line: line, column: column)
  }

  /// Replaces a decimal comma, as in `3,14` and `1.234,5`, which numbers may have between semicolons.
  private static func withPoint(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let trimmed = bytes.drop { $0 == 0x20 }
    let parts = trimmed.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty,
      let whole = parts[0].withoutGroups(by: UInt8(ascii: ".")), !whole.isEmpty
    else { return bytes }
    let number = whole + [UInt8(ascii: ".")] + parts[1]
    return String(decoding: number, as: UTF8.self).finiteNumber == nil ? bytes : number
  }

  /// Appends the next line to a row in the middle of a quoted field.
  private func goOn(_ row: inout Row, quoteLine: Int, quoteColumn: Int) throws(FileError) {
    row.size += row.bytes.count
    guard row.size <= TextLines.longestLine, let more = try lines.next() else {
      throw FileError(
        file: lines.path, line: quoteLine, column: quoteColumn,
        expected: "a quote that ends the field", found: "none")
    }
    row.bytes = more
    row.position = 0
    row.lineStart = 0
    row.line += 1
  }
}
