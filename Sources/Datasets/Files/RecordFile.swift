import FileCore

/// A file of records, read with its options.
struct RecordFile: Sendable {
  let source: TextSource
  let format: FileFormat
  /// The delimiter of a table's fields.
  let delimiter: Unicode.Scalar
  var options: FileOptions
  /// The model's input and target kinds, for a test set, which is read whole and in order; otherwise nil.
  var known: KnownSides?

  var path: String { source.path }

  /// The columns in use, and the place of the first record.
  struct Layout: Sendable {
    /// The columns' indices in a record.
    var places: [Int]
    /// The columns' names; for JSON the paths of the members.
    var names: [String]
    /// The place of the first record.
    var start = SamplePlace()
    /// The number of fields that a row must have; nil without a header.
    var width: Int?
  }

  /// A file in a format.
  ///
  /// - Throws: `FileError` if it can't be read, or is JSON but neither one object a line nor an array of objects.
  init(
    _ path: String, _ format: FileFormat, _ options: FileOptions, known: KnownSides? = nil
  ) throws(FileError) {
    let source = try TextSource(path, encoding: options.encoding)
    self.source = format == .jsonl ? try JSONArray.lines(of: source) ?? source : source
    (self.format, self.options, self.known) = (format, options, known)
    delimiter =
      switch format {
      case .tsv: "\t"
      case .csv: Delimiter.likeliest(in: source)
      default: ","
      }
  }

  /// A reader of the records from a place on; for JSON Lines, of the members `names`.
  func reader(from place: SamplePlace, names: [String] = []) -> any FileRecordReader {
    let lines = TextLines(source, from: place)
    return switch format {
    case .jsonl: JSONLinesReader(lines, names: names)
    case .conll, .conllu:
      SentenceReader(lines, SentenceStyle(source, isUniversal: format == .conllu))
    case .csv, .tsv, .folder, .idx: DelimitedReader(lines, delimiter: delimiter)
    }
  }

  /// A text after normalization.
  func form(_ text: String) -> String { options.form?.apply(to: text) ?? text }

  /// The layout of some columns of a table.
  func layout(_ survey: TableSurvey, _ columns: [ColumnSurvey]) -> Layout {
    Layout(
      places: format == .jsonl ? Array(columns.indices) : columns.map(\.place),
      names: columns.map(\.name), start: survey.start, width: survey.width)
  }

  /// Reads all records of a layout, one at a time.
  ///
  /// - Parameter body: processes a record; its errors count as malformed records, which the options may skip.
  /// - Returns: the skipped rows.
  func forEach(
    _ layout: Layout, _ body: (FileRecord) throws(FileError) -> Void
  ) throws(FileError) -> SkippedRows {
    var reader = reader(from: layout.start, names: layout.names)
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
    let needed = layout.width ?? (layout.places.max() ?? 0) + 1
    guard fields.count == needed || layout.width == nil && fields.count > needed else {
      let wrong = fields.count > needed ? fields[needed] : fields.last
      throw FileError(
        file: path, line: wrong?.line ?? 0, column: wrong?.column ?? 1,
        expected: needed.counted("fields") + (layout.width == nil ? " or more" : ""),
        found: fields.count.grouped)
    }
    guard options.form != nil else { return layout.places.map { fields[$0] } }
    return layout.places.map { place in
      var field = fields[place]
      field.text = form(field.text)
      return field
    }
  }

  /// Whether the samples are kept in memory.
  var staysInMemory: Bool { source.count <= options.memoryLimit }

  /// The samples that `make` makes of the records, in memory or as a stream, split into two parts; of a test set all
  /// are in the first.
  func parts(
    _ layout: Layout, of make: @escaping FileSamples.Maker
  ) throws(FileError) -> (training: any SampleSource, validation: (any SampleSource)?) {
    let all = FileSamples(file: self, layout: layout, make: make)
    let period = options.validationPeriod
    guard staysInMemory else {
      if known != nil { return (all, nil) }
      return (
        PartSamples(.rest, of: all, period: period), PartSamples(.heldOut, of: all, period: period)
      )
    }
    var (place, samples) = (SamplePlace(), [Sample]())
    samples = try all.read(from: &place, limit: .max)
    return known == nil
      ? ArraySamples.parts(of: samples, period: period) : (ArraySamples(samples), nil)
  }
}

/// A model's input and target kinds, for reading a test set.
struct KnownSides: Sendable {
  var input: ValueKind
  var target: ValueKind
}

extension ArraySamples {
  /// Splits samples: all but every `period`-th sample, and those.
  static func parts(
    of samples: [Sample], period: Int
  ) -> (training: any SampleSource, validation: (any SampleSource)?) {
    let held = samples.indices.filter { $0 % period == period - 1 }.map { samples[$0] }
    let rest = samples.indices.filter { $0 % period != period - 1 }.map { samples[$0] }
    return (ArraySamples(rest), ArraySamples(held))
  }
}

extension FileField {
  /// The field's finite number, ignoring spaces around it; nil for any other text.
  var number: Double? { text.finiteNumber }
}
