import ArgumentParser
import Datasets
import FileCore
import Training

/// The flags for reading samples from a file.
struct DataOptions: ParsableArguments {
  @Option(help: "Columns that matter, by name or number: review,stars.")
  var columns: String?

  @Option(help: .rare("The columns that are answered; the last of --columns unless given."))
  var target: String?

  @OptionGroup var reading: ReadingOptions

  @Flag(help: "Passes over malformed rows of a file, and counts them.")
  var skipBadRows = false

  @OptionGroup var tokens: TokenOptions

  @Option(help: .rare("How the file is written: csv, tsv, jsonl, conll, conllu, folder or idx."))
  var format: FileFormat?

  @Option(help: .rare("The steps of a window of a file's series; 100 unless given."))
  var window: Int?

  @Option(help: .rare("How many steps ahead a file's series is forecast; 1 unless given."))
  var horizon: Int?

  /// The options for reading a file.
  func options() throws -> FileOptions { try applied(to: FileOptions()) }

  /// Options changed by the flags that were given.
  func applied(to options: FileOptions) throws -> FileOptions {
    var result = options
    result.format = format ?? result.format
    if let columns = columns?.commaSeparated, !isSame(columns, options) {
      result.columns = columns
    }
    result.target = target?.commaSeparated ?? result.target
    result.encoding = reading.encoding ?? result.encoding
    result.form = reading.form ?? result.form
    result.skipsBadRows = skipBadRows || result.skipsBadRows
    result.steps = window ?? result.steps
    result.horizon = horizon ?? result.horizon
    if tokens.isGiven { result.tokenization = try tokens.tokenization() }
    return result
  }

  /// Whether the columns are those of the options, of which the last one is the target.
  private func isSame(_ columns: [String], _ options: FileOptions) -> Bool {
    target == nil && options.columns + (options.target ?? []) == columns
  }
}

/// The flags for reading text, of a file of any kind.
struct ReadingOptions: ParsableArguments {
  @Option(help: .rare("The file's encoding: utf-8, utf-16 or latin-1; detected unless given."))
  var encoding: TextEncoding?

  @Flag(help: .rare("Takes equivalent spellings of a letter in texts, labels and names for one."))
  var normalize = false

  /// The normalization that was asked for.
  var form: TextForm? { normalize ? .composed : nil }
}

/// The flags for the tokenization of a text.
struct TokenOptions: ParsableArguments {
  @Option(
    help: "Tokens of texts: character, bytes, words or bpe.",
    completion: .list(["character", "bytes", "words", "bpe"]))
  var tokenizer: String?

  @Option(help: .rare("The most tokens of words or bpe."))
  var vocabularySize: Int?

  /// Whether a flag was given.
  var isGiven: Bool { tokenizer != nil || vocabularySize != nil }

  func validate() throws {
    do throws(DatasetError) {
      _ = try tokenization()
    } catch {
      guard case .badArgument(let name, let expected, let found) = error else {
        throw ValidationError("\(error)")
      }
      let flag = "--" + name.split(separator: " ").joined(separator: "-")
      throw ValidationError("\(flag): expected \(expected), found \(found)")
    }
  }

  /// The requested tokenization.
  func tokenization() throws(DatasetError) -> Tokenization {
    try Tokenization(named: tokenizer ?? "character", vocabularySize: vocabularySize)
  }
}

extension FileFormat: ExpressibleByArgument {}

extension String {
  /// The names between commas.
  var commaSeparated: [String] { split(separator: ",").map(String.init) }
}
