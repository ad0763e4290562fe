import FileCore

/// Consecutive windows of a series in a file, read in constant memory.
struct SeriesSamples: SampleSource {
  let file: RecordFile
  let layout: RecordFile.Layout
  let columns: [Column]
  /// The target columns, as indices of the columns.
  let targets: [Int]
  let steps: Int
  let horizon: Int
  /// The rows that windows may use.
  var rows: Range<Int>

  /// The number of windows, whose inputs do not overlap.
  var count: Int? { max(0, (rows.count - horizon) / steps) }

  /// The windows of other rows.
  func part(_ rows: Range<Int>) -> SeriesSamples {
    var part = self
    part.rows = rows
    return part
  }

  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    let (first, all) = (place.index, count ?? 0)
    var samples: [Sample] = []
    while samples.count < limit, first + samples.count < all {
      let start = rows.lowerBound + (first + samples.count) * steps
      var ahead = place
      let values: [Float]
      if place.offset == 0 {
        // Rows before the part are skipped.
        values = try self.values(start..<start + steps, from: &place)
      } else {
        values = try self.values(0..<steps, from: &place)
      }
      ahead = place
      let more = try self.values(0..<horizon, from: &ahead)
      samples.append(sample(values + more, at: 0))
      place.index = first + samples.count
    }
    return samples
  }

  /// The scaled numbers of rows counted from a place; moves the place after them.
  func values(_ rows: Range<Int>, from place: inout SamplePlace) throws(FileError) -> [Float] {
    var reader = file.reader(
      from: place.offset == 0 ? layout.start : place, names: layout.names)
    var values: [Float] = []
    var row = 0
    while row < rows.upperBound {
      do throws(FileError) {
        guard let record = try reader.next() else { break }
        let numbers = try Self.numbers(record, file, layout, columns.count)
        if row >= rows.lowerBound {
          for (column, number) in zip(columns, numbers) { values.append(column.scaled(number)) }
        }
        row += 1
      } catch {
        guard file.options.skipsBadRows, error.isOfALine else { throw error }
      }
    }
    let index = place.index
    place = reader.place
    place.index = index
    guard row == rows.upperBound else {
      throw FileError(
        file: file.path, line: place.line, column: 1, expected: "the rows that were there before",
        found: "the end")
    }
    return values
  }

  /// The window that begins at a row of `values`; targets before row `first` are ignored.
  func sample(_ values: [Float], at row: Int, countingFrom first: Int = 0) -> Sample {
    let width = columns.count
    var input = Array(values[row * width..<(row + steps) * width])
    for index in input.indices where input[index].isNaN {
      input[index] = index >= width ? input[index - width] : 0
    }
    var target: [Float] = []
    for step in row + horizon..<row + horizon + steps {
      target += targets.map { step < first ? .nan : values[step * width + $0] }
    }
    return Sample(
      .features(FeatureSequence(input, width: width)),
      .features(FeatureSequence(target, width: targets.count)))
  }

  /// Consecutive windows to the end of the series, with each row as target exactly once: a test set.
  func whole(_ values: [Float]) -> ArraySamples {
    let last = rows.count - steps - horizon
    var samples = stride(from: 0, through: last, by: steps).map { sample(values, at: $0) }
    let covered = horizon + samples.count * steps
    if covered < rows.count { samples.append(sample(values, at: last, countingFrom: covered)) }
    return ArraySamples(samples)
  }

  /// The last window of all rows, of whose targets those from row `first` on count: the validation part of a series too short
  /// for windows of its own. Nil without such rows.
  func end(_ values: [Float], from first: Int) -> ArraySamples? {
    let rows = values.count / columns.count
    let start = rows - steps - horizon
    guard first < rows, start >= 0 else { return nil }
    return ArraySamples([sample(values, at: start, countingFrom: first)])
  }

  /// The windows of values in memory; each starts a quarter of a window after the previous one.
  func inMemory(_ values: [Float], _ rows: Range<Int>) -> any IndexedSamples {
    SeriesWindows(series: self, values: values, rows: rows, stride: max(1, steps / 4))
  }

  /// The numbers of a record's first columns; a missing one is NaN.
  static func numbers(
    _ record: FileRecord, _ file: RecordFile, _ layout: RecordFile.Layout, _ width: Int
  ) throws(FileError) -> [Double] {
    var numbers: [Double] = []
    for field in try file.fields(record, layout).prefix(width) {
      numbers.append(field.text.isMissing ? .nan : try field.requireNumber(in: file.path))
    }
    return numbers
  }
}

/// Windows of a series in memory.
private struct SeriesWindows: IndexedSamples {
  let series: SeriesSamples
  let values: [Float]
  let rows: Range<Int>
  let stride: Int

  var sampleCount: Int { (rows.count - series.steps - series.horizon) / stride + 1 }

  func sample(at index: Int) -> Sample {
    series.sample(values, at: rows.lowerBound + index * stride)
  }
}
