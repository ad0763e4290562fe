import Datasets
import Downloads
import FileCore
import ProgramsCore

extension Library {
  /// The package's own, with texts that are downloaded to the user's cache; a terminal shows the progress.
  static var fetching: Library {
    var library = Library()
    let names = ["XDG_CACHE_HOME", "HOME"]
    let known = names.compactMap { name in Environment[name].map { (name, $0) } }
    let cache = DownloadCache(environment: Dictionary(known) { first, _ in first })
    library.corpora = .downloading(to: cache) { file, bytes in
      guard Console.errorIsTerminal else { return }
      let end = bytes < file.size ? "" : "\n"
      let progress = "\(bytes.grouped) of \(file.size.counted("bytes"))"
      Console.note("\rFetching \(file.name): \(progress)\(end)")
    }
    library.advised = { error in
      guard let error = error as? DownloadError else { return error }
      let book = error.file == .timeMachine ? "timemachine:FILE" : "FILE"
      return Failure("\(error); a file of your own serves too: --dataset \(book)")
    }
    return library
  }
}
