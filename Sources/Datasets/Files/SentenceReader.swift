import FileCore

/// Reads sentences in CoNLL's way: a token with its columns a line, an empty line between sentences.
///
/// Columns are separated by tabs, or by spaces where a line has no tab. Lines of the shared tasks that are
/// no tokens are passed over: `-DOCSTART-`, and in CoNLL-U comments (`# ...`), ranges (`1-2`) and empty
/// nodes (`1.1`).
struct SentenceReader: FileRecordReader {
  private let lines: TextLines
  private let isUniversal: Bool

  init(_ lines: TextLines, isUniversal: Bool) {
    self.lines = lines
    self.isUniversal = isUniversal
  }

  var place: SamplePlace { lines.place }

  mutating func next() throws(FileError) -> FileRecord? {
    var rows: [[FileField]] = []
    var fault: FileError?
    while let line = try lines.next() {
      let content = line.withoutLineEnd
      if content.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
        if rows.isEmpty && fault == nil { continue }
        break
      }
      if isUniversal && content.first == UInt8(ascii: "#") { continue }
      do throws(FileError) {
        let fields = try fields(content)
        if fields[0].text == "-DOCSTART-" || isUniversal && !isWord(fields[0].text) { continue }
        rows.append(fields)
      } catch {
        // The sentence is read to its end, so that the next one is whole.
        fault = fault ?? error
      }
    }
    if let fault { throw fault }
    return rows.isEmpty ? nil : FileRecord(rows: rows)
  }

  private func isWord(_ id: String) -> Bool { id.utf8.allSatisfy { (0x30...0x39).contains($0) } }

  private func fields(_ content: ArraySlice<UInt8>) throws(FileError) -> [FileField] {
    let hasTabs = content.contains(UInt8(ascii: "\t"))
    let parts = content.split(omittingEmptySubsequences: !hasTabs) {
      $0 == (hasTabs ? UInt8(ascii: "\t") : UInt8(ascii: " "))
    }
    var fields: [FileField] = []
    for part in parts {
      fields.append(try lines.field(part, line: lines.place.line, column: part.startIndex + 1))
    }
    return fields
  }
}
