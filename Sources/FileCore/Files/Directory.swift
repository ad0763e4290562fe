/// An open directory: names are looked up in it even if its path changes meanwhile.
package struct Directory: ~Copyable {
  let path: String
  let descriptor: Int32

  package init(path: String) throws(FileError) {
    descriptor = System.openFolder(path)
    guard descriptor >= 0 else { throw FileError.system(path, "opening the directory") }
    self.path = path
  }

  deinit { System.closeFile(descriptor) }

  /// The names of everything in it, in no order.
  package func names() throws(FileError) -> [String] {
    let copy = System.openAgain(folder: descriptor)
    guard copy >= 0, let names = System.names(inFolder: copy) else {
      throw FileError.system(path, "listing the directory")
    }
    return names
  }

  /// Removes a file, if it is there and may be removed.
  package func remove(_ name: String) { System.remove(name, in: descriptor) }

  /// Removes temporary files that interrupted saves of ended processes left behind.
  package func removeLitter(of isTarget: (_ name: Substring) -> Bool) {
    // A directory that can't be listed must not stop a save.
    for found in (try? names()) ?? [] where found.hasPrefix(".") {
      guard let mark = found.ranges(of: ".tmp-").last,
        isTarget(found[..<mark.lowerBound].dropFirst()),
        let process = found[mark.upperBound...].split(separator: "-").first.flatMap({ Int32($0) }),
        process > 0, System.isGone(process: process)
      else { continue }
      remove(found)
    }
  }
}
