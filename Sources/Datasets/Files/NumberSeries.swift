import FileCore

/// Columns of numbers that go on in time, a step a row, foretold some steps ahead.
///
/// A sample is a window of T steps, and its target the same columns H steps later. The last part of the
/// series is for validation. Numbers are scaled to mean 0 and deviation 1 over the part for training.
struct NumberSeries {
  private let file: RecordFile

  init(_ file: RecordFile) { self.file = file }

  func read() throws(FileError) -> TaskSamples {
    let options = file.options
    let layout = try file.layout(usual: []) { row in
      row.contains { $0.number == nil }
    } others: {
      Array($0.indices)
    }
    let (columns, chosen, rows, skipped) = try survey(layout)
    let cut = rows - rows / options.validationPeriod
    let least = options.steps + options.horizon
    guard cut >= least else {
      throw FileError(
        file: file.path,
        expected: "at least \(least) rows for training, a window of \(options.steps) and "
          + "\(options.horizon) behind it", found: "\(cut)")
    }
    let source = SeriesSamples(
      file: file, layout: chosen, columns: columns, steps: options.steps,
      horizon: options.horizon, rows: 0..<cut)
    let held = source.part(cut..<rows)
    let (training, validation): (any SampleSource, (any SampleSource)?)
    if file.staysInMemory {
      var place = SamplePlace()
      let values = try source.values(0..<rows, from: &place)
      training = source.inMemory(values, 0..<cut)
      validation = rows - cut >= least ? source.inMemory(values, cut..<rows) : nil
    } else {
      training = source
      validation = rows - cut >= least ? held : nil
    }
    return TaskSamples(
      input: .features(columns), target: .features(columns), stepsAhead: options.horizon,
      training: training, validation: validation, skipped: skipped)
  }

  /// The columns that are numbers, their scales over the training part, and the number of rows.
  private func survey(
    _ layout: RecordFile.Layout
  ) throws(FileError) -> ([Column], RecordFile.Layout, Int, SkippedRows) {
    var chosen = layout
    var isFirst = file.options.columns.isEmpty
    var rows = 0
    _ = try file.forEach(layout) { (record) throws(FileError) in
      if isFirst {
        let fields = try file.fields(record, layout)
        let numeric = fields.indices.filter { fields[$0].number != nil }
        guard !numeric.isEmpty else {
          throw fields[0].fault(in: file.path, expected: "a number in some column")
        }
        chosen.places = numeric.map { layout.places[$0] }
        chosen.names = numeric.map { layout.names[$0] }
        isFirst = false
      }
      _ = try SeriesSamples.numbers(record, file, chosen)
      rows += 1
    }
    guard rows > 0 else { throw FileError.empty(file.path) }
    var scales = chosen.names.map { _ in RunningScale() }
    let cut = rows - rows / file.options.validationPeriod
    var row = 0
    let skipped = try file.forEach(chosen) { (record) throws(FileError) in
      let numbers = try SeriesSamples.numbers(record, file, chosen)
      if row < cut { for (index, number) in numbers.enumerated() { scales[index].add(number) } }
      row += 1
    }
    let columns = zip(chosen.names, scales).map { Column($0, offset: $1.mean, scale: $1.deviation) }
    return (columns, chosen, rows, skipped)
  }
}

/// Mean and deviation of numbers that come one after another. Welford, 1962.
struct RunningScale {
  private var count = 0.0
  private(set) var mean = 0.0
  private var sum = 0.0

  mutating func add(_ number: Double) {
    count += 1
    let difference = number - mean
    mean += difference / count
    sum += difference * (number - mean)
  }

  /// The standard deviation, or 1 where the numbers never change.
  var deviation: Double {
    let deviation = count > 0 ? (sum / count).squareRoot() : 0
    return deviation > 0 && deviation.isFinite ? deviation : 1
  }
}
