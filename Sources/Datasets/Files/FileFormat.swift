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
    if name.lowercased().hasSuffix(".gz") { name.removeLast(3) }
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
