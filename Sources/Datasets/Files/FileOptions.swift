import FileCore

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
  /// How the file's bytes stand for text; found out unless given.
  public var encoding: TextEncoding?
  /// In which form texts, labels and names are compared; as they are written unless given.
  public var form: TextForm?
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
