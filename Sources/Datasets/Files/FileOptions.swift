/// What a model is to learn from a file.
public enum FileTask: String, Codable, CaseIterable, Sendable {
  /// A text has a label.
  case classification
  /// Columns of numbers go on in time.
  case forecasting
  /// Each word of a sentence has a tag.
  case tagging
  /// A text has another text as its answer.
  case translation
}

/// How a file of samples is written.
public enum FileFormat: String, Codable, CaseIterable, Sendable {
  /// Rows of fields with commas between them (RFC 4180).
  case csv
  /// Rows of fields with tabs between them; quotes as in CSV around whole fields.
  case tsv
  /// A JSON object a line.
  case jsonl
  /// A word and its columns a line, an empty line between sentences.
  case conll
  /// CoNLL-U: ten columns, of which the second is the word and the fourth its part of speech.
  case conllu
  /// A folder with a folder of text files for each label.
  case folder
  /// Images of handwritten digits and the like, with their labels: files of bytes with their sizes.
  case idx

  /// The format that a path's ending stands for, or nil: a folder if `isFolder`.
  public init?(path: String, isFolder: Bool = false) {
    if isFolder {
      self = .folder
      return
    }
    var name = path.split(separator: "/").last.map(String.init) ?? path
    if name.hasSuffix(".gz") { name.removeLast(3) }
    let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    switch ending {
    case "json", "ndjson", "jsonl": self = .jsonl
    case "tab", "tsv": self = .tsv
    case "conll", "bio", "iob", "iob2": self = .conll
    default:
      if name.contains("-ubyte") || name.hasSuffix(".idx") {
        self = .idx
      } else if let format = FileFormat(rawValue: ending), format != .folder {
        self = format
      } else {
        return nil
      }
    }
  }
}

/// How samples are read from a file. The defaults suit most files.
///
/// ```swift
/// var options = FileOptions()
/// options.columns = ["review", "stars"]
/// options.skipsBadRows = true
/// ```
public struct FileOptions: Codable, Hashable, Sendable {
  /// What is to be learnt; unless given what the file is made for: tags for CoNLL, a class for folders and
  /// images, and for a table a forecast where all of its first row is numbers, else a class.
  public var task: FileTask?
  /// How the file is written; by its ending unless given.
  public var format: FileFormat?
  /// The columns that matter, by name or by number from 1.
  ///
  /// - classification: text and label; unless given, those named so, or else the first and the last;
  /// - forecasting: the columns of numbers; unless given, all columns whose first row is a number;
  /// - tagging: word and tag, by number; unless given, the first and the last, in CoNLL-U 2 and 4;
  /// - translation: source and target; unless given, those named so, or else the first two.
  public var columns: [String] = []
  /// Whether the first row of a table names its columns. Unless given: for classification it does; for
  /// forecasting where it holds something that is no number; for translation where it holds the names
  /// `source` and `target`. It does wherever ``columns`` has names.
  public var hasHeader: Bool?
  /// Whether malformed rows are passed over, and counted, instead of ending everything.
  public var skipsBadRows = false
  /// Every so manieth sample is for validation; of a series the last part of that share.
  public var validationPeriod = 10
  /// How texts become tokens; by default characters.
  public var tokenization = Tokenization.corpus
  /// How often a word of tagged sentences must occur in the part for training; others are read as `<unk>`,
  /// so that a model learns what to do with words that it never saw. A test set is read with 1.
  public var minimumCount = 2
  /// T, the steps of a window of a series.
  public var steps = 100
  /// How many steps ahead a series is foretold.
  public var horizon = 1
  /// The largest file, in bytes, whose samples are kept in memory and drawn in any order; larger ones
  /// are read anew in each epoch, in constant memory, and shuffled in pools.
  public var memoryLimit = 64 << 20

  /// The defaults.
  public init() {}

  /// Checks that every number is in its range.
  func validate() throws(DatasetError) {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(DatasetError) {
      guard range.contains(value) else {
        throw .badArgument(
          dataset: name, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
      }
    }
    try check("validation period", validationPeriod, 2...1_000_000)
    try check("steps", steps, 1...1_000_000)
    try check("horizon", horizon, 1...1_000_000)
    try check("memory limit", memoryLimit, 0...(.max))
  }
}

/// Rows of a file that were malformed and passed over.
public struct SkippedRows: Equatable, Sendable {
  /// How many.
  public var count = 0
  /// What was wrong with the first one: file, line, column, expected and found.
  public var first: DatasetError?

  /// None.
  public init() {}

  mutating func add(_ error: DatasetError) {
    count += 1
    first = first ?? error
  }
}

extension SkippedRows {
  /// One line that says how many rows were passed over, and what was wrong with the first; nil for none.
  public var remark: String? {
    guard let first else { return nil }
    return "Passed over \(count) malformed \(count == 1 ? "row" : "rows"); the first: \(first)"
  }
}
