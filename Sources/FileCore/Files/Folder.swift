/// Listing of folders.
package enum Folder {
  /// Whether a path is that of a folder.
  package static func exists(_ path: String) -> Bool { System.status(of: path)?.kind == .folder }

  /// The paths of the folders and of the files in a folder, sorted by the bytes of their names; hidden ones are
  /// left out.
  package static func content(
    of path: String
  ) throws(FileError) -> (folders: [String], files: [String]) {
    let descriptor = System.openFolder(path)
    guard descriptor >= 0, let names = System.names(inFolder: descriptor) else {
      let fault = FileError.system(path)
      guard let kind = System.status(of: path)?.kind, kind != .folder else { throw fault }
      throw FileError(
        file: path, expected: "a directory", found: kind == .file ? "a file" : "a device")
    }
    let paths = names.filter { !$0.hasPrefix(".") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    return (
      paths.filter { System.status(of: $0)?.kind == .folder },
      paths.filter { System.status(of: $0)?.kind == .file }
    )
  }

  /// The last part of a path.
  package static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
