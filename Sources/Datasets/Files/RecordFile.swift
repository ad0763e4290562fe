import FileCore

/// A file of records, read as its options say.
struct RecordFile: Sendable {
  let source: TextSource
  let format: FileFormat
  let options: FileOptions

  var path: String { source.path }

  /// Which columns count, and where the records begin.
  struct Layout: Sendable {
    /// The columns' places in a record.
    var places: [Int]
    /// The columns' names.
    var names: [String]
    /// Where the first record begins.
    var start = SamplePlace()
  }

  /// The records from a place on; of JSON Lines those members that `names` says.
  func reader(from place: SamplePlace, names: [String] = []) throws(FileError)
    -> any FileRecordReader
  {
    let lines = TextLines(source, from: place)
    return switch format {
    case .tsv: DelimitedReader(lines, delimiter: "\t")
    case .jsonl: JSONLinesReader(lines, names: names)
    case .conll, .conllu: SentenceReader(lines, isUniversal: format == .conllu)
    case .csv, .folder, .idx: DelimitedReader(lines, delimiter: ",")
    }
  }

  /// The layout of the columns that a task wants.
  ///
  /// - Parameters:
  ///   - usual: the names that are looked for where the options name none.
  ///   - hasHeader: whether a first row names the columns, where the options don't say.
  ///   - others: the places that are taken where there are no such names, for so many columns.
  func layout(
    usual: [String], hasHeader: (_ row: [FileField]) -> Bool, others: (_ row: [FileField]) -> [Int]
  ) throws(FileError) -> Layout {
    let named = options.columns
    if format == .jsonl {
      let names = named.isEmpty ? usual : named
      guard !names.isEmpty else {
        throw FileError(
          file: path, expected: "the names of the members that are numbers", found: "none")
      }
      return Layout(places: Array(names.indices), names: names)
    }
    var reader = try reader(from: SamplePlace())
    guard let first = try reader.next()?.fields else { throw FileError.empty(path) }
    let byName = named.contains { Int($0) == nil }
    let isHeader = options.hasHeader ?? (byName || hasHeader(first))
    let start = isHeader ? reader.place : SamplePlace()
    let titles = isHeader ? first.map(\.text) : first.indices.map { "\($0 + 1)" }
    let places: [Int]
    if named.isEmpty {
      let found = usual.compactMap { name in titles.firstIndex { $0.lowercased() == name } }
      places = isHeader && !usual.isEmpty && found.count == usual.count ? found : others(first)
    } else {
      var chosen: [Int] = []
      for name in named {
        let number = Int(name).map { $0 - 1 }
        guard let place = titles.firstIndex(of: name) ?? number, first.indices.contains(place)
        else {
          throw FileError(
            file: path, line: 1, column: 1, expected: "a column \(name)",
            found: titles.joined(separator: ", "))
        }
        chosen.append(place)
      }
      places = chosen
    }
    guard !places.isEmpty, places.allSatisfy(first.indices.contains) else {
      throw FileError(
        file: path, line: 1, column: 1,
        expected: usual.isEmpty
          ? "a column of numbers" : "columns for \(usual.joined(separator: " and "))",
        found: titles.joined(separator: ", "))
    }
    return Layout(places: places, names: places.map { titles[$0] }, start: start)
  }

  /// The task of a table that says nothing about itself: forecasting where its second row is all numbers.
  func likelyTask() throws(FileError) -> FileTask {
    guard format != .jsonl else { return .classification }
    var reader = try reader(from: SamplePlace())
    let first = try reader.next()
    guard let row = try reader.next() ?? first else { throw FileError.empty(path) }
    return row.fields.allSatisfy { $0.number != nil } ? .forecasting : .classification
  }

  /// Goes through all records of a layout, one at a time.
  ///
  /// - Parameter body: takes in a record; a malformed one that it throws may be passed over.
  /// - Returns: what was passed over.
  func forEach(
    _ layout: Layout, _ body: (FileRecord) throws(FileError) -> Void
  ) throws(FileError) -> SkippedRows {
    var reader = try reader(from: layout.start, names: layout.names)
    var skipped = SkippedRows()
    while true {
      do throws(FileError) {
        guard let record = try reader.next() else { return skipped }
        try body(record)
      } catch {
        guard options.skipsBadRows, error.isOfALine else { throw error }
        skipped.add(error)
      }
    }
  }

  /// The fields of the layout's columns.
  func fields(_ record: FileRecord, _ layout: Layout) throws(FileError) -> [FileField] {
    let fields = record.fields
    var chosen: [FileField] = []
    for place in layout.places {
      guard place < fields.count else {
        let last = fields.last
        throw FileError(
          file: path, line: last?.line ?? 0, column: (last?.column ?? 1),
          expected: "\((layout.places.max() ?? 0) + 1) fields or more", found: "\(fields.count)")
      }
      chosen.append(fields[place])
    }
    return chosen
  }

  /// Whether the samples stay in memory.
  var staysInMemory: Bool { source.count <= options.memoryLimit }

  /// The samples that a function makes of the records, in memory or as a stream, in two parts.
  func parts(
    _ layout: Layout, of make: @escaping FileSamples.Maker
  ) throws(FileError) -> (training: any SampleSource, validation: any SampleSource) {
    let all = FileSamples(file: self, layout: layout, make: make)
    let period = options.validationPeriod
    guard staysInMemory else {
      return (
        PartSamples(.rest, of: all, period: period), PartSamples(.heldOut, of: all, period: period)
      )
    }
    var (place, samples) = (SamplePlace(), [Sample]())
    samples = try all.read(from: &place, limit: .max)
    return ArraySamples.parts(of: samples, period: period)
  }
}

extension ArraySamples {
  /// All but the last of every so many samples, and those last ones.
  static func parts(
    of samples: [Sample], period: Int
  ) -> (training: any SampleSource, validation: any SampleSource) {
    let held = samples.indices.filter { $0 % period == period - 1 }.map { samples[$0] }
    let rest = samples.indices.filter { $0 % period != period - 1 }.map { samples[$0] }
    return (ArraySamples(rest), ArraySamples(held))
  }
}

extension FileField {
  /// The finite number that it is, spaces around it aside, or nil.
  var number: Double? { text.finiteNumber }
}
