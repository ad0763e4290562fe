import FileCore

/// A file of records, read as its options say.
struct RecordFile: Sendable {
  let source: TextSource
  let format: FileFormat
  /// What stands between the fields of a table.
  let delimiter: Unicode.Scalar
  var options: FileOptions
  /// What the two sides are known to be: of a test set, what the model has; then the file is read whole and in order.
  var known: KnownSides?

  var path: String { source.path }

  /// Which columns count, and where the records begin.
  struct Layout: Sendable {
    /// The columns' places in a record.
    var places: [Int]
    /// The columns' names; of JSON the paths of the members.
    var names: [String]
    /// Where the first record begins.
    var start = SamplePlace()
    /// The fields that a row must have; nil where no heading says so.
    var width: Int?
  }

  /// A file in a format.
  ///
  /// - Throws: `FileError` where it can't be read, or is JSON but neither an object a line nor an array of objects.
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

  /// The records from a place on; of JSON Lines those members that `names` says.
  func reader(from place: SamplePlace, names: [String] = []) -> any FileRecordReader {
    let lines = TextLines(source, from: place)
    return switch format {
    case .jsonl: JSONLinesReader(lines, names: names)
    case .conll, .conllu:
      SentenceReader(lines, SentenceStyle(source, isUniversal: format == .conllu))
    case .csv, .tsv, .folder, .idx: DelimitedReader(lines, delimiter: delimiter)
    }
  }

  /// A text in the form in which texts are compared.
  func form(_ text: String) -> String { options.form?.apply(to: text) ?? text }

  /// The layout of some columns of a table.
  func layout(_ survey: TableSurvey, _ columns: [ColumnSurvey]) -> Layout {
    Layout(
      places: format == .jsonl ? Array(columns.indices) : columns.map(\.place),
      names: columns.map(\.name), start: survey.start, width: survey.width)
  }

  /// Goes through all records of a layout, one at a time.
  ///
  /// - Parameter body: takes in a record; a malformed one that it throws may be passed over.
  /// - Returns: what was passed over.
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
        expected: counted(needed, "field", "fields") + (layout.width == nil ? " or more" : ""),
        found: "\(fields.count)")
    }
    guard options.form != nil else { return layout.places.map { fields[$0] } }
    return layout.places.map { place in
      var field = fields[place]
      field.text = form(field.text)
      return field
    }
  }

  /// Whether the samples stay in memory.
  var staysInMemory: Bool { source.count <= options.memoryLimit }

  /// The samples that a function makes of the records, in memory or as a stream, in two parts; of a test set all are in
  /// the first.
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

/// What the two sides of a test set are to a model.
struct KnownSides: Sendable {
  var input: ValueKind
  var target: ValueKind
}

extension ArraySamples {
  /// All but every `period`-th sample, and those.
  static func parts(
    of samples: [Sample], period: Int
  ) -> (training: any SampleSource, validation: (any SampleSource)?) {
    let held = samples.indices.filter { $0 % period == period - 1 }.map { samples[$0] }
    let rest = samples.indices.filter { $0 % period != period - 1 }.map { samples[$0] }
    return (ArraySamples(rest), ArraySamples(held))
  }
}

extension FileField {
  /// The finite number that it is, spaces around it aside, or nil.
  var number: Double? { text.finiteNumber }
}
