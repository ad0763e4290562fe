import FileCore

/// Reads sentences in CoNLL format: one token with its columns a line, an empty line between sentences.
///
/// Columns are separated by tabs, or by spaces if a line has no tab. Lines that are not tokens are skipped:
/// `-DOCSTART-`, comments (`# ...`), and in CoNLL-U ranges (`1-2`) and empty nodes (`1.1`).
struct SentenceReader: FileRecordReader {
  private let lines: TextLines
  private let style: SentenceStyle

  init(_ lines: TextLines, _ style: SentenceStyle) {
    self.lines = lines
    self.style = style
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
      if style.isComment(content, isFirst: rows.isEmpty) { continue }
      do throws(FileError) {
        let fields = try fields(content)
        if fields[0].text == "-DOCSTART-" || style.isUniversal && !isWord(fields[0].text) {
          continue
        }
        rows.append(fields)
      } catch {
        // The rest of the sentence is read, so that the next call starts at the next sentence.
        fault = fault ?? error
      }
    }
    if let fault { throw fault }
    return rows.isEmpty ? nil : FileRecord(rows: rows)
  }

  private func isWord(_ id: String) -> Bool { id.utf8.allSatisfy { (0x30...0x39).contains($0) } }

  private func fields(_ content: ArraySlice<UInt8>) throws(FileError) -> [FileField] {
    var fields: [FileField] = []
    for part in SentenceStyle.parts(content) {
      fields.append(try lines.field(part, line: lines.place.line, column: part.startIndex + 1))
    }
    return fields
  }
}

/// The style of a file of tagged words, from its beginning; it tells comments from words that begin with `#`.
struct SentenceStyle: Sendable {
  let isUniversal: Bool
  /// The number of columns of the first token; nil if there is no token.
  let width: Int?
  /// Whether columns are separated by tabs.
  let hasTabs: Bool
  /// The last columns of tokens that do not begin with `#`.
  private let lastColumns: Set<[UInt8]>

  /// The most lines that are examined.
  private static let mostLines = 10_000

  /// Detects the style at the beginning of a file.
  init(_ source: TextSource, isUniversal: Bool) {
    self.isUniversal = isUniversal
    var (width, hasTabs, last) = (Int?.none, false, Set<[UInt8]>())
    let lines = TextLines(source)
    for _ in 0..<Self.mostLines {
      guard let line = try? lines.next() else { break }
      let content = line.withoutLineEnd
      let isBlank = content.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      if isBlank || content.first == UInt8(ascii: "#") || content.starts(with: "-DOCSTART-".utf8) {
        continue
      }
      let parts = Self.parts(content)
      if width == nil { (width, hasTabs) = (parts.count, content.contains(0x09)) }
      last.insert(Array(parts.last ?? []))
    }
    (self.width, self.hasTabs, lastColumns) = (width, hasTabs, last)
  }

  /// The columns of a line.
  static func parts(_ content: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    let hasTabs = content.contains(0x09)
    return content.split(omittingEmptySubsequences: !hasTabs) { $0 == (hasTabs ? 0x09 : 0x20) }
  }

  /// Whether a line is a comment: in CoNLL-U any that begins with `#`; in other files one before a sentence's first
  /// token whose columns differ from the tokens', whose last column is not that of a token, or that has the form of a name
  /// and its value.
  func isComment(_ content: ArraySlice<UInt8>, isFirst: Bool) -> Bool {
    guard content.first == UInt8(ascii: "#") else { return false }
    if isUniversal { return true }
    guard isFirst else { return false }
    let parts = Self.parts(content)
    if parts.count != width || content.contains(0x09) != hasTabs { return true }
    if let last = parts.last, !lastColumns.isEmpty, !lastColumns.contains(Array(last)) {
      return true
    }
    guard parts[0].count == 1, parts.count > 1 else { return false }
    let names = ["newdoc", "newpar", "sent_id", "text", "id", "source"]
    let isNamed = names.contains(String(decoding: parts[1], as: UTF8.self))
    return isNamed || parts.count > 2 && parts[2].elementsEqual("=".utf8)
  }
}
