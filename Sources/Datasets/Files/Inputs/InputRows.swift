import FileCore

/// The rows of a table as inputs of a model.
struct InputRows {
  private let columns: InputColumns
  private let places: [Int]
  /// The heading; nil for a table without one.
  private let heading: [String]?
  private let delimiter: Unicode.Scalar
  private var steps: StepNumbers

  /// Rows under a heading; nil if the line is no heading with all columns.
  init?(_ columns: InputColumns, heading line: ArraySlice<UInt8>, isTable: Bool) {
    for delimiter in Delimiter.all {
      guard let heading = try? Self.row(Array(line), delimiter, in: ""),
        let places = columns.places(in: heading, isTable: isTable)
      else { continue }
      self.init(columns, places, heading: heading, delimiter: delimiter)
      return
    }
    return nil
  }

  /// Rows whose inputs are in some places, under a heading if there is one.
  init(
    _ columns: InputColumns, _ places: [Int], heading: [String]? = nil, delimiter: Unicode.Scalar
  ) {
    (self.columns, self.places, self.heading) = (columns, places, heading)
    self.delimiter = delimiter
    steps = StepNumbers(columns)
  }

  /// The next row; nil at the end.
  mutating func next(_ lines: QueuedLines, in name: String) throws(FileError) -> ModelInput? {
    while let first = try lines.next() {
      if first.isEmpty { continue }
      let number = lines.number
      let fields: [String]
      do throws(FileError) {
        fields = try Self.row(lines.record(beginning: first), delimiter, in: name)
      } catch {
        throw error.moved(down: number - 1)
      }
      return try input(of: fields, at: number, in: name)
    }
    return nil
  }

  private mutating func input(
    of fields: [String], at number: Int, in name: String
  ) throws(FileError) -> ModelInput {
    var places = places
    if let heading, fields.count != heading.count {
      throw wrongCount(fields.count, heading.count.counted("fields"), number, name)
    }
    if heading == nil {
      // Rows may have the inputs alone.
      if fields.count == places.count { places = Array(fields.indices) }
      guard let most = places.max(), most < fields.count else {
        let least = (places.max() ?? 0) + 1
        throw wrongCount(fields.count, "\(least.counted("fields")) or more", number, name)
      }
    }
    var others: [ExactString: JSONValue] = [:]
    for (index, field) in fields.enumerated() where !places.contains(index) {
      others[ExactString(heading?[index] ?? "\(index + 1)")] = .string(field)
    }
    return columns.input(of: steps.filled(places.map { fields[$0] }), others: others)
  }

  private func wrongCount(
    _ found: Int, _ expected: String, _ number: Int, _ name: String
  ) -> FileError {
    FileError(file: name, line: number, column: 1, expected: expected, found: found.grouped)
  }

  /// The fields of a row.
  private static func row(
    _ bytes: [UInt8], _ delimiter: Unicode.Scalar, in name: String
  ) throws(FileError) -> [String] {
    var reader = DelimitedReader(
      TextLines(TextSource(name, holding: bytes)), delimiter: delimiter)
    return try reader.next()?.fields.map(\.text) ?? []
  }
}

extension FileError {
  /// The same some lines further down.
  fileprivate func moved(down lines: Int) -> FileError {
    guard case .unexpected(.line(let line, let column), let expected, let found) = problem else {
      return self
    }
    return FileError(
      file: file, line: line + lines, column: column, expected: expected, found: found)
  }
}

/// The lines of a stream or of a text, some of which can be put back.
final class QueuedLines {
  private enum Source {
    case stream(TextStream)
    case text(TextLines)
  }

  private let source: Source
  private var queue: [ArraySlice<UInt8>] = []

  init(_ stream: TextStream) { source = .stream(stream) }

  init(_ text: TextLines) { source = .text(text) }

  /// The number of the last line, from 1.
  var number: Int {
    switch source {
    case .stream(let stream): stream.number - queue.count
    case .text(let text): text.number - queue.count
    }
  }

  /// Whether the next line, or the end, is there without waiting for the writer of a pipe.
  var isReady: Bool {
    if case .stream(let stream) = source, queue.isEmpty { return stream.isReady }
    return true
  }

  /// Whether some bytes of the next line, or the end, come within some milliseconds.
  func arrives(within milliseconds: Int) -> Bool {
    if case .stream(let stream) = source, !isReady { return stream.arrives(within: milliseconds) }
    return true
  }

  /// The next line without its line ending; nil at the end.
  func next() throws(FileError) -> ArraySlice<UInt8>? {
    if !queue.isEmpty { return queue.removeFirst() }
    return switch source {
    case .stream(let stream): try stream.next()
    case .text(let text): try text.next()?.withoutLineEnd
    }
  }

  /// Puts the last line back.
  func putBack(_ line: ArraySlice<UInt8>) { queue.insert(line, at: 0) }

  /// The bytes of a row that begins with a line: more lines if a quote is open at its end. If none closes it, the row is
  /// the line alone.
  func record(beginning first: ArraySlice<UInt8>) throws(FileError) -> [UInt8] {
    func quotes(_ line: ArraySlice<UInt8>) -> Int { line.count { $0 == UInt8(ascii: "\"") } }
    var isOpen = !quotes(first).isMultiple(of: 2)
    guard isOpen else { return Array(first) }
    var (row, taken) = (Array(first), [ArraySlice<UInt8>]())
    while isOpen, row.count <= TextLines.longestLine, let more = try next() {
      taken.append(more)
      row += [0x0A] + more
      if !quotes(more).isMultiple(of: 2) { isOpen = false }
    }
    guard isOpen else { return row }
    queue = taken + queue
    return Array(first)
  }
}
