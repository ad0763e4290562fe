import FileCore

/// The format of a file of samples.
public enum FileFormat: String, Codable, CaseIterable, Sendable {
  /// Rows of fields with commas between them (RFC 4180).
  case csv
  /// Rows of fields separated by tabs; whole fields may be quoted as in CSV.
  case tsv
  /// A JSON object a line.
  case jsonl
  /// One word with its columns a line, an empty line between sentences.
  case conll
  /// CoNLL-U: ten columns; the second is the word and the fourth its part of speech.
  case conllu
  /// A folder with one subfolder of text files for each label.
  case folder
  /// IDX files of images and labels, like MNIST's.
  case idx

  /// The format of a path's extension; nil if unknown.
  public init?(path: String) {
    var name = Folder.name(of: path).lowercased()
    if name.hasEnding(".gz") { name.removeLast(3) }
    let ending = name.split(separator: ".").last.map(String.init) ?? ""
    switch ending {
    case "json", "ndjson", "jsonl": self = .jsonl
    case "tab", "tsv": self = .tsv
    case "conll", "bio", "iob", "iob2": self = .conll
    default:
      if name.contains("-ubyte") || name.hasEnding(".idx") {
        self = .idx
      } else if let format = FileFormat(rawValue: ending), format != .folder {
        self = format
      } else {
        return nil
      }
    }
  }

  /// The format of a file whose name does not say it: tagged words for tagging, else a table or JSON objects, by the
  /// first line.
  init(contentOf path: String, _ options: FileOptions) throws(FileError) {
    guard options.task != .tagging else {
      self = .conll
      return
    }
    guard try OpenFile(pathOrPipe: path).isSeekable else {
      throw FileError(
        file: path, expected: "the format of a pipe too, such as csv:\(path)", found: "none")
    }
    let source = try TextSource(path, encoding: options.encoding)
    let start = try source.read(at: source.start, atMost: 1 << 16)
    let line = start.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    switch line.first {
    case UInt8(ascii: "{"), UInt8(ascii: "["): self = .jsonl
    default: self = line.contains(UInt8(ascii: "\t")) ? .tsv : .csv
    }
  }
}
