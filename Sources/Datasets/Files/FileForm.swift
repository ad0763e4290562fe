import FileCore

/// What was decided about a file when it was read: its columns, its encoding, its time.
///
/// ```swift
/// let samples = try FileDataset("reviews.csv").read()
/// print(samples.form)  // reads review -> label; 3 classes; 41 rows skipped
/// ```
///
/// It is saved beside a model, and its ``options`` read any other file of that form: a table with the same heading, or
/// JSON Lines with members of these names.
public struct FileForm: Codable, Hashable, Sendable {
  /// How another file of this form is read: what was found out is said there.
  public var options: FileOptions
  /// What is learnt.
  public var task: FileTask
  /// How the file is written.
  public var format: FileFormat
  /// How its bytes stand for text.
  public var encoding: TextEncoding
  /// Whether it was packed by gzip.
  public var isPacked: Bool
  /// The columns that a model reads, by name, or by number from 1 where they have no names.
  public var inputs: [String]
  /// The columns that it answers.
  public var targets: [String]
  /// The column of times and how they go on, where a series has one.
  public var time: TimeSteps?
  /// What else a person should know, for example `3 classes` and `41 rows skipped`.
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
    // Another file of this form may be written in another way.
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

/// A number with its noun: `1 class`, `3 classes`.
func counted(_ count: Int, _ one: String, _ many: String) -> String {
  "\(count) \(count == 1 ? one : many)"
}

extension SkippedRows {
  /// `41 rows skipped`, or nothing.
  var facts: [String] { count == 0 ? [] : [counted(count, "row", "rows") + " skipped"] }
}
