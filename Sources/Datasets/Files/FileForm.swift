import FileCore

/// The form of a file that was detected when it was read: columns, encoding, times.
///
/// ```swift
/// let samples = try FileDataset("reviews.csv").read()
/// print(samples.form)  // reads review -> label; 3 classes; 41 rows skipped
/// ```
///
/// It is saved with a model; its ``options`` read other files of the same form: tables with the same header, or JSON
/// Lines with members of these names.
public struct FileForm: Codable, Hashable, Sendable {
  /// The options for reading another file of this form, including everything detected.
  public var options: FileOptions
  /// The task.
  public var task: FileTask
  /// The file's format.
  public var format: FileFormat
  /// The character encoding.
  public var encoding: TextEncoding
  /// Whether it was packed by gzip.
  public var isPacked: Bool
  /// The input columns, by name, or by number from 1 if they have no names.
  public var inputs: [String]
  /// The target columns.
  public var targets: [String]
  /// The column of times and its steps, if a series has one.
  public var time: TimeSteps?
  /// Other facts for people, for example `3 classes` and `41 rows skipped`.
  public var facts: [String]

  init(
    _ task: FileTask, _ file: RecordFile, inputs: [String], targets: [String], facts: [String]
  ) {
    self.init(task, file.format, file.options, inputs: inputs, targets: targets, facts: facts)
    encoding = file.source.encoding
    isPacked = file.source.isPacked
  }

  init(
    _ task: FileTask, _ format: FileFormat, _ options: FileOptions, inputs: [String],
    targets: [String], facts: [String]
  ) {
    self.task = task
    self.format = format
    self.inputs = inputs
    self.targets = targets
    self.facts = facts
    encoding = .utf8
    isPacked = false
    self.options = options
    self.options.task = task
    // Another file of this form may have another format and encoding.
    self.options.format = nil
    self.options.encoding = nil
  }
}

extension FileForm: CustomStringConvertible {
  /// One line: `reads review -> label; 3 classes; 41 rows skipped`.
  public var description: String {
    var parts = ["reads \(inputs.joined(separator: ", ")) -> \(targets.joined(separator: ", "))"]
    parts += facts
    if let time { parts.append("\(time)") }
    if encoding != .utf8 { parts.append("as \(encoding.title)") }
    return parts.joined(separator: "; ")
  }
}

extension SkippedRows {
  /// `41 rows skipped`, or nothing.
  var facts: [String] { count == 0 ? [] : [count.counted("rows") + " skipped"] }
}
