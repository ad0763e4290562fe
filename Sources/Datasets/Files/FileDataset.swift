import FileCore

/// The samples of a file: a table, JSON Lines, tagged sentences, a folder of texts, or images.
///
/// ```swift
/// let reviews = FileDataset("reviews.csv", task: .classification)
/// let samples = try reviews.read()
/// samples.input   // .text, by characters
/// samples.target  // .label, the labels that occur in the file
/// ```
///
/// A file is read once to learn what it holds: labels, characters, means. Samples of a file that is small
/// enough then stay in memory; those of a larger one are read as they are needed, in constant memory.
public struct FileDataset: Dataset {
  /// The file or folder.
  public let path: String
  /// How it is read.
  public let options: FileOptions

  /// A file. Nothing is read yet. A task that is given counts before that of the options.
  public init(
    _ path: String, task: FileTask? = nil, options: FileOptions = FileOptions()
  ) {
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
  public func read() throws -> TaskSamples {
    try options.validate()
    let isFolder = Folder.exists(path)
    guard let format = options.format ?? FileFormat(path: path, isFolder: isFolder) else {
      throw FileError(
        file: path,
        expected: "a file whose name ends with .csv, .tsv, .jsonl, .conll, .conllu or "
          + ".idx, or a folder", found: "another ending")
    }
    switch format {
    case .folder:
      try require(.classification, for: "a folder of texts")
      return try LabelledFolder(path: path, options: options).read()
    case .idx:
      try require(.classification, for: "images")
      return try ImageFiles(path: path, options: options).read()
    case .conll, .conllu:
      try require(.tagging, for: "tagged sentences")
      return try TaggedSentences(table(format), isUniversal: format == .conllu).read()
    case .csv, .tsv, .jsonl:
      let table = try table(format)
      switch try options.task ?? table.likelyTask() {
      case .classification: return try LabelledTexts(table).read()
      case .forecasting: return try NumberSeries(table).read()
      case .translation: return try TextPairs(table).read()
      case .tagging:
        throw FileError(
          file: path, expected: "tagged sentences in a .conll or .conllu file",
          found: "a table")
      }
    }
  }

  private func table(_ format: FileFormat) throws(FileError) -> RecordFile {
    RecordFile(
      source: try TextSource(path, encoding: options.encoding), format: format, options: options)
  }

  private func require(_ only: FileTask, for what: String) throws(FileError) {
    guard let task = options.task, task != only else { return }
    throw FileError(
      file: path, expected: "\(only.rawValue), which is what \(what) is for",
      found: task.rawValue)
  }
}
