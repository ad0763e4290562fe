import FileCore

/// A path and the kind of file at it.
package struct FilePlace {
  /// The path as given.
  package let path: String

  /// The kinds of files.
  package enum Kind {
    case file, folder, device
    /// A symbolic link whose target does not exist.
    case danglingLink
  }

  /// The place of a path.
  package init(_ path: String) { self.path = path }

  /// The kind of the file, following links; nil if there is none.
  package var kind: Kind? {
    switch System.status(of: path)?.kind {
    case .file: .file
    case .folder: .folder
    case .other: .device
    case nil: System.hasName(path) ? .danglingLink : nil
    }
  }

  /// Whether the name exists, even as a dangling link.
  package var isTaken: Bool { kind != nil }

  /// Whether something is there that a save would replace. A save through a dangling link makes the link's target.
  package var isOccupied: Bool { isTaken && kind != .danglingLink }

  /// Whether two paths lead to one file.
  package func isSame(as other: FilePlace) -> Bool { System.isSameFile(path, other.path) }

  /// Makes the folder unless it is there.
  package func makeFolder() throws(FileError) {
    guard System.makeFolder(path) == 0 else { throw .system(path) }
    let found: String? =
      switch kind {
      case .folder: nil
      case .file: "a file"
      case .device: "a device"
      case .danglingLink: "a link to nothing"
      case nil: "nothing"
      }
    if let found { throw FileError(file: path, expected: "a directory", found: found) }
  }

  /// Refuses an output in the place of what is read, which no flag may replace.
  package func requireOther(than inputs: String?...) throws(Failure) {
    guard inputs.contains(where: { $0.map { isSame(as: FilePlace($0)) } ?? false }) else { return }
    throw Failure("\(path): expected another file than the one that is read")
  }

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

  /// The absolute path without links; nil if it does not exist.
  package var resolved: String? { System.resolved(path) }

  /// The first of `model.rnnz`, `model-2.rnnz`, `model-3.rnnz` ... that does not exist.
  package var free: String {
    var (candidate, number) = (path, 1)
    while FilePlace(candidate).isTaken {
      number += 1
      candidate = "\(folder)\(stem)-\(number)\(ending)"
    }
    return candidate
  }
}
