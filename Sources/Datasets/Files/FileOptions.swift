import FileCore
import Requirements

/// How samples are read from a file. The defaults suit most files.
///
/// ```swift
/// var options = FileOptions()
/// options.columns = ["review", "stars"]
/// options.skipsBadRows = true
/// ```
public struct FileOptions: Codable, Hashable, Sendable {
  /// The task; by default tagging for CoNLL, classification for folders and images, and for a table forecasting if its
  /// first row is all numbers, otherwise classification.
  public var task: FileTask?
  /// The file's format; by default that of its extension.
  public var format: FileFormat?
  /// The columns to use, by name, by the path of a nested JSON member (`user.name`), or by number from 1. The last one
  /// is the target unless ``target`` is set; for a series all are targets.
  ///
  /// By default they are chosen by name and content: a text by its name (`text`, `review`, `sentence` ...) or length, a
  /// label by its name (`label`, `class`, `stars` ...) or by repeated values. A series uses all numeric columns except
  /// times and row numbers. In tagged sentences word and tag are given by number; by default they are the first and the
  /// last column, in CoNLL-U 2 and 4.
  public var columns: [String] = []
  /// The target columns, by name, path or number.
  public var target: [String]?
  /// Whether the first row of a table is a header. By default it is if most of its fields are usual names, or if none
  /// of them is a number, a date or a value that occurs further down in its column; for translation if it contains the
  /// usual names, such as `source` and `target`. It always is if ``columns`` has names.
  public var hasHeader: Bool?
  /// The character encoding; detected by default.
  public var encoding: TextEncoding?
  /// The Unicode normalization of texts, labels and names; none by default.
  public var form: TextForm?
  /// Whether malformed rows are skipped and counted, instead of being errors.
  public var skipsBadRows = false
  /// Every `validationPeriod`-th sample is for validation; in a series, the last part of that share.
  public var validationPeriod = 10
  /// The tokenization of texts; by default characters.
  public var tokenization = Tokenization.corpus
  /// The minimum count of a word in the training part of tagged sentences; rarer words become `<unk>`, so that a model
  /// is trained for unknown words. A test set is read with 1.
  public var minimumCount = 2
  /// T, the steps of a window of a series; by default 100, or a quarter of a series shorter than 400 rows.
  public var steps: Int?
  /// The number of steps that a series is forecast ahead.
  public var horizon = 1
  /// The largest file in bytes whose samples are kept in memory and shuffled as a whole; larger files are read again in
  /// each epoch, in constant memory, and shuffled in pools.
  public var memoryLimit = 64 << 20

  /// The defaults.
  public init() {}

  /// Decodes options; missing ones have their defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.update(&task, forKey: .task)
    try values.update(&format, forKey: .format)
    try values.update(&columns, forKey: .columns)
    try values.update(&target, forKey: .target)
    try values.update(&hasHeader, forKey: .hasHeader)
    try values.update(&encoding, forKey: .encoding)
    try values.update(&form, forKey: .form)
    try values.update(&skipsBadRows, forKey: .skipsBadRows)
    try values.update(&validationPeriod, forKey: .validationPeriod)
    try values.update(&tokenization, forKey: .tokenization)
    try values.update(&minimumCount, forKey: .minimumCount)
    try values.update(&steps, forKey: .steps)
    try values.update(&horizon, forKey: .horizon)
    try values.update(&memoryLimit, forKey: .memoryLimit)
  }

  /// Checks that every number is in its range.
  func validate() throws(DatasetError) {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(DatasetError) {
      guard range.contains(value) else {
        throw .badArgument(
          dataset: name, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
      }
    }
    try check("validation period", validationPeriod, 2...1_000_000)
    if let steps { try check("steps", steps, 1...1_000_000) }
    try check("horizon", horizon, 1...1_000_000)
    try check("memory limit", memoryLimit, 0...(.max))
  }
}
