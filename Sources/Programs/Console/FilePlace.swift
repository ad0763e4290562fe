#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A path and what is there.
struct FilePlace {
  /// As it was written.
  let path: String

  /// What stands at a path.
  enum Kind {
    case file, folder, device
    /// A link whose target is not there.
    case danglingLink
  }

  init(_ path: String) { self.path = path }

  /// What is there, links followed; nil for nothing.
  var kind: Kind? {
    if let status = status {
      return switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .device
      }
    }
    var link = stat()
    return lstat(path, &link) == 0 ? .danglingLink : nil
  }

  /// Whether two paths lead to one file.
  func isSame(as other: FilePlace) -> Bool {
    guard let (own, others) = status.flatMap({ own in other.status.map { (own, $0) } }) else {
      return false
    }
    return own.st_dev == others.st_dev && own.st_ino == others.st_ino
  }

  private var status: stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// The folder with its slash, empty for the working one.
  var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }
  /// What follows the last slash.
  var name: String { String(path.dropFirst(folder.count)) }
  /// The name without its ending.
  var stem: String { String(name.dropLast(ending.count)) }
  /// The name from its last dot on; empty where there is none but at its start.
  var ending: String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return String(name[dot...])
  }

  /// The path from the root on, without links; nil where it leads nowhere.
  var resolved: String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// The environment that the program was started in.
enum Environment {
  /// A variable; nil where it is not set or empty.
  static subscript(name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
