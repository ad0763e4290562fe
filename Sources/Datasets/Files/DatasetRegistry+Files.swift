import FileCore

extension Registry where Product == any Dataset {
  /// The dataset of a name or a file: `FORMAT:FILE`, `NAME` or `NAME:ARGUMENT` of an entry, or a path, whose extension
  /// determines the format. A format's name without a file may be a path.
  ///
  /// ```swift
  /// let adding = try DatasetRegistry.standard.open("adding:100")
  /// let reviews = try DatasetRegistry.standard.open("reviews.csv", task: .classification)
  /// ```
  ///
  /// - Parameters:
  ///   - choice: the name, or the file's or folder's path.
  ///   - task: the task for a file; by default the usual one for its content.
  ///   - options: how a file is read.
  /// - Throws: ``DatasetError/unknownDataset(name:known:)`` if it is neither a name nor an existing path, or errors of
  ///   the entry's maker.
  public func open(
    _ choice: String, task: FileTask? = nil, options: FileOptions = FileOptions()
  ) throws -> any Dataset {
    var formats = Self()
    formats.registerFiles(task: task, options: options)
    let isFormat = FileFormat(rawValue: choice) != nil && FileBytes.exists(choice)
    if !isFormat, let dataset = try formats.product(choice) ?? product(choice) { return dataset }
    guard FileBytes.exists(choice) else {
      throw DatasetError.unknownDataset(name: choice, known: entries.map(\.name))
    }
    return FileDataset(choice, task: task, options: options)
  }

  /// Adds the formats of files, each as `NAME:FILE`: `csv`, `tsv`, `jsonl`, `conll`, `conllu`, `folder` and `idx`, for
  /// files without the usual extension.
  mutating func registerFiles(
    task: FileTask? = nil, options: FileOptions = FileOptions()
  ) {
    for format in FileFormat.allCases {
      let name = format.rawValue
      register(name, summary: "\(name):FILE, \(format.summary)") { argument in
        guard let path = argument, !path.isEmpty else {
          throw DatasetError.badArgument(
            dataset: name, expected: "\(name):FILE", found: "no file")
        }
        var own = options
        own.format = format
        return FileDataset(path, task: task, options: own)
      }
    }
  }
}

extension FileFormat {
  /// A short description for a help page.
  fileprivate var summary: String {
    switch self {
    case .csv: "a table with commas"
    case .tsv: "a table with tabs"
    case .jsonl: "a JSON object a line"
    case .conll: "tagged words, one a line"
    case .conllu: "parsed words, one a line"
    case .folder: "a folder of texts for each label"
    case .idx: "images with labels"
    }
  }
}
