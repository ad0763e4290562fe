extension CorpusRegistry {
  /// The corpora of this library: `timemachine:FILE`.
  public static let standard: CorpusRegistry = {
    var corpora = CorpusRegistry()
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
    return corpora
  }()
}
