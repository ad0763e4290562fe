import FileCore

/// The names and statistics of a table's columns, which determine its layout.
struct TableSurvey {
  /// The columns, in their order.
  let columns: [ColumnSurvey]
  /// Whether the first row is a header.
  let hasHeading: Bool
  /// The place of the first row after a header.
  let start: SamplePlace
  /// The number of fields that every row must have; nil if it is not fixed.
  let width: Int?

  /// The most rows that are examined.
  private static let mostRows = 1000

  /// Examines the beginning of a table.
  ///
  /// - Throws: `FileError` if it is empty or its first row is malformed.
  init(_ file: RecordFile, task: FileTask?) throws(FileError) {
    if file.format == .jsonl {
      columns = try Self.members(file)
      (hasHeading, start, width) = (true, SamplePlace(), nil)
      return
    }
    var reader = file.reader(from: SamplePlace())
    guard let first = try reader.next()?.fields else { throw FileError.empty(file.path) }
    let behind = reader.place
    let named = file.options.columns + (file.options.target ?? [])
    let hasNames = named.contains { Int($0) == nil }
    var columns = first.indices.map { ColumnSurvey(name: file.form(first[$0].text), place: $0) }
    Self.read(&reader, into: &columns)
    let usual = Self.isHeading(first, over: columns, task)
    hasHeading = file.options.hasHeader ?? (hasNames || usual)
    start = hasHeading ? behind : SamplePlace()
    width = hasHeading ? first.count : nil
    if !hasHeading {
      columns = first.indices.map { ColumnSurvey(name: "\($0 + 1)", place: $0) }
      var again = file.reader(from: SamplePlace())
      Self.read(&again, into: &columns)
    }
    self.columns = columns
  }

  /// Reads up to ``mostRows`` rows of the table's width; malformed rows are ignored.
  private static func read(_ reader: inout any FileRecordReader, into columns: inout [ColumnSurvey])
  {
    for _ in 0..<mostRows {
      do throws(FileError) {
        guard let fields = try reader.next()?.fields else { return }
        guard fields.count == columns.count else { continue }
        for index in columns.indices { columns[index].add(fields[index].text) }
      } catch {
        guard error.isOfALine else { return }
      }
    }
  }

  /// Whether a first row is a header: its fields are known names, or none of them is a number, a date or a value that
  /// occurs further down in its column.
  private static func isHeading(
    _ first: [FileField], over columns: [ColumnSurvey], _ task: FileTask?
  ) -> Bool {
    let known = first.count { ColumnNames.isKnown($0.text) }
    if task == .translation {
      let names = first.map { ColumnNames.plain($0.text) }
      return ColumnNames.pairs.contains { $0.allSatisfy(names.contains) }
    }
    if known * 2 > first.count { return true }
    let values = zip(first, columns).filter { field, column in
      field.number != nil || TimeText().seconds(field.text) != nil || column.holds(field.text)
    }
    return values.isEmpty || known > 0 && values.allSatisfy { ColumnNames.isKnown($0.0.text) }
  }

  /// The members of JSON objects that are fields, by path.
  private static func members(_ file: RecordFile) throws(FileError) -> [ColumnSurvey] {
    var columns: [ColumnSurvey] = []
    var places: [ExactString: Int] = [:]
    var reader = JSONLinesReader(TextLines(file.source, from: SamplePlace()), names: [])
    for _ in 0..<mostRows {
      do throws(FileError) {
        guard let object = try reader.nextObject() else { break }
        for (path, text) in JSONPath.leaves(of: object) {
          let place = places[ExactString(path), default: columns.count]
          if place == columns.count {
            places[ExactString(path)] = place
            columns.append(ColumnSurvey(name: path, place: place))
          }
          columns[place].add(text)
        }
      } catch {
        guard error.isOfALine, file.options.skipsBadRows else { throw error }
      }
    }
    guard !columns.isEmpty else { throw FileError.empty(file.path) }
    return columns
  }
}
