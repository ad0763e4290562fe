import AppSupport
import Datasets
import Downloads
import Foundation

extension CorpusRegistry {
  /// The library's corpora, and those that are fetched to the user's cache; a person is told how far it is.
  static var fetching: CorpusRegistry {
    let cache = DownloadCache(environment: ProcessInfo.processInfo.environment)
    return .downloading(to: cache) { file, bytes in
      guard Console.error.isTerminal else { return }
      let end = bytes < file.size ? "" : "\n"
      Console.error.write("\rFetching \(file.name): \(bytes) of \(file.size) bytes\(end)")
    }
  }
}
