import FileCore

extension Registry where Product == any Dataset {
  /// The dataset of a name or of a file: `FORMAT:FILE`, `NAME` or `NAME:ARGUMENT` of an entry, or else a
  /// path, whose ending says the format.
  ///
  /// ```swift
  /// let adding = try DatasetRegistry.standard.open("adding:100")
  /// let reviews = try DatasetRegistry.standard.open("reviews.csv", task: .classification)
  /// ```
  ///
  /// - Parameters:
  ///   - choice: the name, or the file's or folder's path.
  ///   - task: what is to be learnt from a file; by default what the file is made for.
  ///   - options: how a file is read.
  /// - Throws: ``DatasetError/unknownDataset(name:known:)`` where it is neither a name nor the path of
  ///   something that is there, or what the entry's maker throws.
  public func open(
    _ choice: String, task: FileTask? = nil, options: FileOptions = FileOptions()
  ) throws -> any Dataset {
    var formats = Self()
    formats.registerFiles(task: task, options: options)
    if let dataset = try formats.product(choice) ?? product(choice) { return dataset }
    let known = entries.map(\.name)
    guard FileBytes.exists(choice) else {
      throw DatasetError.unknownDataset(name: choice, known: known)
    }
    return FileDataset(choice, task: task, options: options)
  }

  /// Adds the formats of files, each as `NAME:FILE`: `csv`, `tsv`, `jsonl`, `conll`, `conllu`, `folder`
  /// and `idx`, for files whose names don't say what they are.
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
  /// What it is, for a help page.
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
