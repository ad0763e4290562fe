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
  /// What is to be learnt; unless given what the file is made for: tags for CoNLL, a class for folders and
  /// images, and for a table a forecast where all of its first row is numbers, else a class.
  public var task: FileTask?
  /// How the file is written; by its ending unless given.
  public var format: FileFormat?
  /// The columns that matter, by name, by the path of a nested JSON member (`user.name`), or by number from 1. The last
  /// one is answered, unless ``target`` says which; of a series all are.
  ///
  /// Unless given, they are chosen by what they are called and what they hold: a text by its name (`text`, `review`,
  /// `sentence` ...) or its length, a label by its name (`label`, `class`, `stars` ...) or by values that come again, the
  /// numbers of a series by holding numbers and neither times nor the numbers of the rows. Of tagged sentences, word and
  /// tag are chosen by number: unless given the first and the last, in CoNLL-U 2 and 4.
  public var columns: [String] = []
  /// The columns that are answered, by name, path or number.
  public var target: [String]?
  /// Whether the first row of a table names its columns. Unless given, it does where most of its fields are usual names,
  /// or where none of them is a number, a date or a value that its column holds further down; for translation where it
  /// holds the names of such columns, `source` and `target`. It does wherever ``columns`` has names.
  public var hasHeader: Bool?
  /// How the file's bytes stand for text; found out unless given.
  public var encoding: TextEncoding?
  /// In which form texts, labels and names are compared; as they are written unless given.
  public var form: TextForm?
  /// Whether malformed rows are passed over, and counted, instead of ending everything.
  public var skipsBadRows = false
  /// Every `validationPeriod`-th sample is for validation; of a series the last part of that share.
  public var validationPeriod = 10
  /// How texts become tokens; by default characters.
  public var tokenization = Tokenization.corpus
  /// How often a word of tagged sentences must occur in the part for training; others are read as `<unk>`,
  /// so that a model learns what to do with words that it never saw. A test set is read with 1.
  public var minimumCount = 2
  /// T, the steps of a window of a series; unless given 100, and a quarter of a series that is shorter than 400 rows.
  public var steps: Int?
  /// How many steps ahead a series is forecast.
  public var horizon = 1
  /// The largest file, in bytes, whose samples are kept in memory and drawn in any order; larger ones
  /// are read anew in each epoch, in constant memory, and shuffled in pools.
  public var memoryLimit = 64 << 20

  /// The defaults.
  public init() {}

  /// Reads what was saved; what isn't there keeps its default.
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
