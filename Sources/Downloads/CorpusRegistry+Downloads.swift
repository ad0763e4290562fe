import Datasets

extension Registry where Product == any Corpus {
  /// The library's corpora; `timemachine` without a file and `shakespeare` are downloaded.
  ///
  /// ```swift
  /// let cache = DownloadCache(environment: ProcessInfo.processInfo.environment)
  /// let corpus = try CorpusRegistry.downloading(to: cache).corpus("shakespeare")
  /// ```
  public static func downloading(
    to cache: DownloadCache,
    progress: @escaping @Sendable (RemoteFile, _ bytes: Int) -> Void = { _, _ in }
  ) -> CorpusRegistry {
    var corpora = CorpusRegistry.standard
    corpora.register(
      "timemachine",
      summary: "timemachine, or timemachine:FILE, a book as Dive into Deep Learning "
        + "prepares it; fetched without a file"
    ) { path in
      let file = RemoteFile.timeMachine
      return TimeMachine(
        path: try path ?? cache.path(of: file) { progress(file, $0) })
    }
    corpora.register(
      "shakespeare", summary: "shakespeare, some of his plays, fetched"
    ) { argument in
      if let argument {
        throw DatasetError.badArgument(
          dataset: "shakespeare", expected: "no argument", found: argument)
      }
      let file = RemoteFile.shakespeare
      return TextFile(path: try cache.path(of: file) { progress(file, $0) })
    }
    return corpora
  }
}
