import FileCore

/// The samples of a file: a table, JSON Lines, tagged sentences, a folder of texts, or images.
///
/// ```swift
/// let reviews = FileDataset("reviews.csv", task: .classification)
/// let samples = try reviews.read()
/// samples.input   // .text, by characters
/// samples.target  // .label, the labels that occur in the file
/// samples.form    // reads review -> label; 3 classes
/// ```
///
/// The file is read once to collect its labels, characters and means. Samples of a small file are then kept in memory;
/// those of a larger one are read on demand in constant memory.
public struct FileDataset: Dataset {
  /// The file or folder.
  public let path: String
  /// The options for reading it.
  public let options: FileOptions

  /// A file, which is not read yet. `task` takes precedence over that of the options.
  public init(_ path: String, task: FileTask? = nil, options: FileOptions = FileOptions()) {
    self.path = path
    var options = options
    options.task = task ?? options.task
    self.options = options
  }

  /// The path.
  public var name: String { path }

  /// Reads the file.
  ///
  /// - Throws: `FileError` with file, line and column; that of the first malformed row unless
  ///   ``FileOptions/skipsBadRows`` is set.
  public func read() throws -> TaskSamples { try read(nil) }

  /// Reads the file as a test set of a model: all samples in their order, with the model's tokenizer, IDs and scales.
  ///
  /// Labels and tags unknown to the model come after its own in the target's vocabulary, so that they have names; the
  /// model never answers one of them.
  ///
  /// - Parameters:
  ///   - input: the model's input.
  ///   - target: the model's answer.
  /// - Throws: Errors of ``read()``.
  public func readTestSet(input: ValueKind, target: ValueKind) throws -> TaskSamples {
    try read(KnownSides(input: input, target: target))
  }

  /// The format that the options, the name or the content say: a folder with files of images has images, any other texts.
  private func format() throws -> FileFormat {
    if let format = options.format { return format }
    if Folder.exists(path) {
      let files = try Folder.content(of: path).files
      return files.contains { FileFormat(path: $0) == .idx } ? .idx : .folder
    }
    return try FileFormat(path: path) ?? FileFormat(contentOf: path, options)
  }

  private func read(_ known: KnownSides?) throws -> TaskSamples {
    try options.validate()
    let format = try format()
    switch format {
    case .folder:
      try require(.classification, for: "a folder of texts")
      return try LabelledFolder(path: path, options: options, known: known).read()
    case .idx:
      try require(.classification, for: "images")
      return try ImageFiles(path: path, options: options).read()
    case .conll, .conllu:
      try require(.tagging, for: "tagged sentences")
      return try TaggedSentences(table(format, known), isUniversal: format == .conllu).read()
    case .csv, .tsv, .jsonl:
      return try read(table(format, known))
    }
  }

  private func read(_ file: RecordFile) throws -> TaskSamples {
    if options.task == .tagging {
      throw FileError(
        file: path, expected: "tagged sentences in a .conll or .conllu file", found: "a table")
    }
    let survey = try TableSurvey(file, task: options.task)
    let choice = try ColumnChoice(file, survey, task: options.task)
    return choice.task == .forecasting
      ? try NumberSeries(file, survey, choice).read() : try TableRows(file, survey, choice).read()
  }

  private func table(_ format: FileFormat, _ known: KnownSides?) throws(FileError) -> RecordFile {
    try RecordFile(path, format, options, known: known)
  }

  private func require(_ only: FileTask, for what: String) throws(FileError) {
    guard let task = options.task, task != only else { return }
    throw FileError(
      file: path, expected: "\(only.rawValue), which is what \(what) is for",
      found: task.rawValue)
  }
}
