import FileCore

/// A path and what is there.
package struct FilePlace {
  /// As it was written.
  package let path: String

  /// What stands at a path.
  package enum Kind {
    case file, folder, device
    /// A link whose target is not there.
    case danglingLink
  }

  /// The place of a path.
  package init(_ path: String) { self.path = path }

  /// What is there, links followed; nil for nothing.
  package var kind: Kind? {
    switch System.status(of: path)?.kind {
    case .file: .file
    case .folder: .folder
    case .other: .device
    case nil: System.hasName(path) ? .danglingLink : nil
    }
  }

  /// Whether something is there, be it a link to nothing.
  package var isTaken: Bool { kind != nil }

  /// Whether two paths lead to one file.
  package func isSame(as other: FilePlace) -> Bool { System.isSameFile(path, other.path) }

  /// The folder with its slash, empty for the working one.
  package var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }
  /// The name after the last slash.
  package var name: String { String(path.dropFirst(folder.count)) }
  /// The name without its ending.
  package var stem: String { String(name.dropLast(ending.count)) }
  /// The name from its last dot on; empty where there is none but at its start.
  package var ending: String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return String(name[dot...])
  }

  /// The path from the root on, without links; nil where it leads nowhere.
  package var resolved: String? { System.resolved(path) }

  /// The first of `model.rnnz`, `model-2.rnnz`, `model-3.rnnz` ... that is free.
  package var free: String {
    var (candidate, number) = (path, 1)
    while FilePlace(candidate).isTaken {
      number += 1
      candidate = "\(folder)\(stem)-\(number)\(ending)"
    }
    return candidate
  }
}

/// The environment that the program was started in.
package enum Environment {
  /// A variable; nil where it is not set or empty.
  package static subscript(name: String) -> String? { System.environment(name) }
}
