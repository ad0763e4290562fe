import FileCore

/// The corpora that can be chosen by name.
public typealias CorpusRegistry = Registry<any Corpus>

extension Registry where Product == any Corpus {
  /// The corpus that a text chooses: `NAME` or `NAME:ARGUMENT` of an entry, or else the path of a text file
  /// or of a folder of such.
  ///
  /// - Throws: ``DatasetError/unknownDataset(name:known:)`` where it is neither a name nor the path
  ///   of a file that can be opened, or what the entry's maker throws.
  public func corpus(_ choice: String) throws -> any Corpus {
    if let corpus = try product(choice) { return corpus }
    guard FileBytes.exists(choice) else {
      throw DatasetError.unknownDataset(name: choice, known: entries.map(\.name))
    }
    return Folder.exists(choice) ? TextFolder(path: choice) : TextFile(path: choice)
  }
}
