import Datasets
import Downloads

extension CorpusRegistry {
  /// The library's corpora, and those that are fetched to the user's cache; a person is told how far it is.
  static var fetching: CorpusRegistry {
    let names = ["XDG_CACHE_HOME", "HOME"]
    let known = names.compactMap { name in Environment[name].map { (name, $0) } }
    let cache = DownloadCache(environment: Dictionary(known) { first, _ in first })
    return .downloading(to: cache) { file, bytes in
      guard Console.showsRemarks else { return }
      let end = bytes < file.size ? "" : "\n"
      Console.note("\rFetching \(file.name): \(bytes) of \(file.size) bytes\(end)")
    }
  }
}
