import FileCore

/// The corpora that can be chosen by name.
public typealias CorpusRegistry = Registry<any Corpus>

extension Registry where Product == any Corpus {
  /// The corpus that a text chooses: `NAME` or `NAME:ARGUMENT` of an entry, or else the path of a text file
  /// or of a folder of such.
  ///
  /// - Parameters:
  ///   - choice: the name or path.
  ///   - reading: the encoding and normalization of files; named corpora have their own.
  /// - Throws: ``DatasetError/unknownDataset(name:known:)`` where it is neither a name nor the path
  ///   of a file that can be opened, or what the entry's maker throws.
  public func corpus(
    _ choice: String, reading: TextReading = TextReading()
  ) throws -> any Corpus {
    if let corpus = try product(choice) {
      guard reading == TextReading() else {
        throw DatasetError.badArgument(
          dataset: choice, expected: "a text file, whose encoding and normalization can be chosen",
          found: "a text with its own")
      }
      return corpus
    }
    guard FileBytes.exists(choice) else {
      throw DatasetError.unknownDataset(name: choice, known: entries.map(\.name))
    }
    return Folder.exists(choice)
      ? TextFolder(path: choice, reading: reading) : TextFile(path: choice, reading: reading)
  }
}
