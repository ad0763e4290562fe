extension Registry where Product == any Corpus {
  /// The corpora of this library: `tales`, `timemachine:FILE` and `ptb:FILE`.
  public static let standard: CorpusRegistry = {
    var corpora = CorpusRegistry()
    corpora.register(
      Tales.registeredName,
      summary: "tales, or tales:CHARACTERS, very short stories with a known entropy"
    ) { argument in
      guard let argument else { return Tales() }
      guard let characters = Int(argument), (1000...100_000_000).contains(characters) else {
        throw DatasetError.badArgument(
          dataset: Tales.registeredName, expected: "from 1000 to 100000000 characters",
          found: argument)
      }
      return Tales(characters: characters)
    }
    corpora.register(
      TimeMachine.registeredName,
      summary: "timemachine:FILE, a book as Dive into Deep Learning prepares it"
    ) { argument in
      guard let path = argument, !path.isEmpty else {
        throw DatasetError.badArgument(
          dataset: TimeMachine.registeredName, expected: "timemachine:FILE", found: "no file")
      }
      return TimeMachine(path: path)
    }
    corpora.register(
      TokenFile.registeredName, summary: "ptb:FILE, separated words as in the Penn Treebank's files"
    ) { argument in
      guard let path = argument, !path.isEmpty else {
        throw DatasetError.badArgument(
          dataset: TokenFile.registeredName, expected: "ptb:FILE", found: "no file")
      }
      return TokenFile(path: path)
    }
    return corpora
  }()
}
