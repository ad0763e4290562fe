import FileCore

/// A time series: columns of numbers, one row a step, to be forecast.
///
/// A sample is a window of T steps; its target is all or some of these columns H steps later. The last part of the
/// series is for validation. Numbers are scaled to mean 0 and standard deviation 1 over the training part. An empty
/// field is a missing number: as input it is replaced by the previous number in the window, or else by the mean; as
/// target it is ignored.
struct NumberSeries {
  private let file: RecordFile
  private let choice: ColumnChoice
  private let layout: RecordFile.Layout
  /// The target columns, as indices of the input columns.
  private let targets: [Int]

  init(_ file: RecordFile, _ survey: TableSurvey, _ choice: ColumnChoice) {
    self.file = file
    self.choice = choice
    // Times are read with the numbers, because JSON Lines are read by member names.
    layout = file.layout(survey, choice.inputs + (choice.time.map { [$0] } ?? []))
    targets = choice.targets.compactMap { target in
      choice.inputs.firstIndex { $0.place == target.place }
    }
  }

  func read() throws(FileError) -> TaskSamples {
    let period = file.options.validationPeriod
    let found = try survey()
    let rows = found.rows
    let cut = file.known == nil ? rows - rows / period : rows
    let (steps, horizon) = (steps(over: cut), file.options.horizon)
    guard cut >= steps + horizon else {
      throw FileError(
        file: file.path,
        expected: "at least \((steps + horizon).counted("rows")), a window of \(steps.grouped) and "
          + "\(horizon.grouped) behind it", found: cut.grouped)
    }
    let source = SeriesSamples(
      file: file, layout: layout, columns: found.columns, targets: targets, steps: steps,
      horizon: horizon, rows: 0..<cut)
    let parts = try parts(source, rows)
    let answered = targets.map { found.columns[$0] }
    return TaskSamples(
      input: .features(found.columns), target: .features(answered),
      stepsAhead: answered == found.columns ? horizon : nil, training: parts.training,
      validation: parts.validation, skipped: found.skipped,
      form: form(found, steps: steps))
  }

  /// T: from the options, or by default 100, or a quarter of a short series.
  private func steps(over rows: Int) -> Int {
    file.options.steps ?? min(100, max(4, rows / 4))
  }

  private func parts(
    _ source: SeriesSamples, _ rows: Int
  ) throws(FileError) -> (training: any SampleSource, validation: (any SampleSource)?) {
    let (cut, least) = (source.rows.upperBound, source.steps + source.horizon)
    let hasRest = rows - cut >= least
    guard file.staysInMemory || file.known != nil else {
      return (source, hasRest ? source.part(cut..<rows) : nil)
    }
    var place = SamplePlace()
    let values = try source.values(0..<rows, from: &place)
    if file.known != nil { return (source.whole(values), nil) }
    return (
      source.inMemory(values, 0..<cut),
      hasRest ? source.inMemory(values, cut..<rows) : source.end(values, from: cut)
    )
  }

  private func form(_ found: Found, steps: Int) -> FileForm {
    var file = file
    file.options.columns = choice.inputs.map(\.name)
    file.options.target = targets.count == choice.inputs.count ? nil : choice.targets.map(\.name)
    file.options.hasHeader = layout.width == nil && file.format != .jsonl ? false : nil
    file.options.steps = steps
    let horizon = file.options.horizon
    var facts = ["\(horizon.counted("steps")) ahead", found.rows.counted("rows")]
    if found.missing > 0 {
      facts.append(found.missing.counted("missing numbers"))
    }
    var form = FileForm(
      .forecasting, file, inputs: choice.inputs.map(\.name), targets: choice.targets.map(\.name),
      facts: facts + found.skipped.facts)
    form.time = found.time
    return form
  }

  /// The results of a pass over the series.
  private struct Found {
    var columns: [Column] = []
    var rows = 0
    var missing = 0
    var time: TimeSteps?
    var skipped = SkippedRows()
  }

  /// The columns' scales over the training part, and the number of rows.
  private func survey() throws(FileError) -> Found {
    var found = Found()
    var time = choice.time.map { column in
      TimeSurvey(column: column.name, areDates: column.holdsTimes, reader: column.reader)
    }
    let width = choice.inputs.count
    _ = try file.forEach(layout) { (record) throws(FileError) in
      let numbers = try SeriesSamples.numbers(record, file, layout, width)
      if time != nil { try time?.add(try file.fields(record, layout)[width], in: file.path) }
      found.missing += numbers.count { $0.isNaN }
      found.rows += 1
    }
    guard found.rows > 0 else { throw FileError.noRows(file.path) }
    found.time = time?.result
    var scales = choice.inputs.map { _ in RunningScale() }
    let cut = found.rows - found.rows / file.options.validationPeriod
    var row = 0
    found.skipped = try file.forEach(layout) { (record) throws(FileError) in
      let numbers = try SeriesSamples.numbers(record, file, layout, width)
      if row < cut {
        for (index, number) in numbers.enumerated() where !number.isNaN {
          scales[index].add(number)
        }
      }
      row += 1
    }
    if file.known == nil, let column = zip(choice.inputs, scales).first(where: { $1.isEmpty })?.0 {
      throw FileError(
        file: file.path, expected: "numbers of \(column.name) in the rows to learn from",
        found: "only missing ones")
    }
    found.columns = zip(choice.inputs, scales).map {
      Column($0.name, offset: $1.mean, scale: $1.deviation)
    }
    if case .features(let known)? = file.known?.input, known.count == width {
      found.columns = known
    }
    return found
  }
}
