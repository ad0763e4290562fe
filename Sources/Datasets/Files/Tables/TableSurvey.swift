import FileCore

/// What a table's columns are called and hold: all that its layout is chosen by.
struct TableSurvey {
  /// The columns, in their order.
  let columns: [ColumnSurvey]
  /// Whether the first row names them.
  let hasHeading: Bool
  /// Where the first row stands that is none of names.
  let start: SamplePlace
  /// The number of fields that every row must have; nil where nobody said.
  let width: Int?

  /// Rows that are looked at.
  private static let mostRows = 1000

  /// Looks at the beginning of a table.
  ///
  /// - Throws: `FileError` where it is empty or its first row is malformed.
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

  /// Takes in rows as wide as the table, at most some of them; what is malformed is not looked at.
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

  /// Whether a first row names the columns: its fields are known names, or else none of them is a number, a date or a
  /// value that its column holds further down.
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

  /// The members of JSON objects that are fields, by their paths.
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
