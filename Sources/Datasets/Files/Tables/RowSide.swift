import FileCore

/// The input or target fields of a row, and their conversion to a value.
struct RowSide: Sendable {
  /// The kind of value.
  enum Job: Sendable {
    /// Tokens; several fields are lines of one text.
    case text
    /// One step of a sequence of numbers.
    case step
    /// A class.
    case label
    /// A vector of numbers.
    case vector
  }

  let job: Job
  /// The columns' names.
  let names: [String]

  init(_ job: Job, _ names: [String]) { (self.job, self.names) = (job, names) }

  /// Throws for fields that are not of this kind.
  func check(_ fields: ArraySlice<FileField>, in path: String) throws(FileError) {
    guard let first = fields.first else { return }
    switch job {
    case .text: if fields.allSatisfy(\.text.isEmpty) { try first.requireText(in: path) }
    case .label:
      guard !first.text.isEmpty, first.text.utf8.count <= 200 else {
        throw first.fault(in: path, expected: "a label of 1 to 200 bytes")
      }
    case .step, .vector: _ = try numbers(fields, in: path)
    }
  }

  /// The text of the fields.
  func text(_ fields: ArraySlice<FileField>) -> String {
    fields.map(\.text).joined(separator: "\n")
  }

  /// The numbers of the fields.
  func numbers(
    _ fields: ArraySlice<FileField>, in path: String
  ) throws(FileError) -> [Double] {
    var numbers: [Double] = []
    for field in fields { numbers.append(try field.requireNumber(in: path)) }
    return numbers
  }

  /// Converts the fields to a value.
  func value(
    _ fields: ArraySlice<FileField>, _ kind: ValueKind, in path: String
  ) throws(FileError) -> SampleValue {
    try check(fields, in: path)
    switch kind {
    case .text(let tokenizer): return .tokens(tokenizer.encode(text(fields)))
    case .label(let classes), .symbols(let classes):
      guard let field = fields.first, let id = classes.id(of: field.text) else {
        throw fields[fields.startIndex].fault(
          in: path, expected: "a label that the model knows: \(classes.names.listed(atMost: 8))")
      }
      return .label(id)
    case .features(let columns):
      return .features(
        FeatureSequence(try scaled(fields, columns, in: path), width: columns.count))
    case .vector(let columns): return .vector(try scaled(fields, columns, in: path))
    }
  }

  private func scaled(
    _ fields: ArraySlice<FileField>, _ columns: [Column], in path: String
  ) throws(FileError) -> [Float] {
    guard fields.count == columns.count else {
      throw FileError(
        file: path, expected: "\(columns.count.counted("columns")) of numbers",
        found: fields.count.grouped)
    }
    return zip(columns, try numbers(fields, in: path)).map { $0.scaled($1) }
  }
}

extension FileField {
  /// The number of the field; throws unless it is in the range of a 32-bit float.
  func requireNumber(in path: String) throws(FileError) -> Double {
    guard let number else { throw fault(in: path, expected: "a number") }
    guard abs(number) <= Double(Float.greatestFiniteMagnitude) else {
      throw fault(in: path, expected: "a number of at most 3.4e38, as 32 bits hold")
    }
    return number
  }
}

/// Statistics of the input or target fields, collected row by row, that determine its kind.
struct SideSurvey {
  let side: RowSide
  private let known: ValueKind?
  private let period: Int
  private var count = 0
  private var texts: TextSurvey
  private var labels: Set<ExactString> = []
  private var scales: [RunningScale]

  /// Whether it is what a model answers.
  private let isTarget: Bool

  init(_ side: RowSide, _ options: FileOptions, _ known: ValueKind?, isTarget: Bool) {
    self.side = side
    self.known = known
    self.isTarget = isTarget
    period = options.validationPeriod
    texts = TextSurvey(options)
    scales = side.names.map { _ in RunningScale() }
  }

  /// Adds the checked fields of a row; of a validation row only the labels.
  mutating func add(_ fields: ArraySlice<FileField>) {
    defer { count += 1 }
    switch side.job {
    case .text: if known == nil { texts.add(side.text(fields)) }
    case .label: if let first = fields.first { labels.insert(ExactString(first.text)) }
    case .step, .vector:
      guard count % period != period - 1 else { return }
      for (index, field) in zip(scales.indices, fields) { scales[index].add(field.number ?? 0) }
    }
  }

  /// The kind of the input or target. Labels to answer that are unknown to the model come after its own.
  var kind: ValueKind {
    switch (side.job, known) {
    case (.label, .label(let classes)) where isTarget:
      let unknown = labels.subtracting(classes.names.map { ExactString($0) }).sorted()
      return .label(Vocabulary(classes.names + unknown.map(\.string)))
    case (_, let known?): return known
    case (.text, nil): return .text(texts.tokenizer)
    case (.label, nil): return .label(Vocabulary(labels.sorted().map(\.string)))
    case (.step, nil): return .features(columns)
    case (.vector, nil): return .vector(columns)
    }
  }

  private var columns: [Column] {
    zip(side.names, scales).map { Column($0, offset: $1.mean, scale: $1.deviation) }
  }
}
