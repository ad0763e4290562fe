/// An open directory: names are looked up in it even if its path changes meanwhile.
package struct Directory: ~Copyable {
  let path: String
  let descriptor: Int32

  package init(path: String) throws(FileError) {
    descriptor = System.openFolder(path)
    guard descriptor >= 0 else { throw FileError.system(path, "opening the directory") }
    self.path = path
  }

  /// The folder of a file that messages call `file`, its path in bytes with a zero at their end.
  init(_ folder: [CChar], of file: String) throws(FileError) {
    descriptor = System.openFolder(folder)
    guard descriptor >= 0 else {
      let code = System.code
      throw System.reason(code) == .missing
        ? FileError(file: file, .noSuchFolder) : .system(file, "opening the directory", code)
    }
    path = file
  }

  deinit { System.closeFile(descriptor) }

  /// The names of everything in it, in no order.
  package func names() throws(FileError) -> [String] {
    try nameBytes().map {
      String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The names as the system has them, each with a zero at its end: they need not be UTF-8.
  private func nameBytes() throws(FileError) -> [[CChar]] {
    let copy = System.openAgain(folder: descriptor)
    guard copy >= 0, let names = System.nameBytes(inFolder: copy) else {
      throw FileError.system(path, "listing the directory")
    }
    return names
  }

  /// Removes a file, if it is there and may be removed.
  package func remove(_ name: String) { System.remove(name, in: descriptor) }

  /// Removes temporary files that interrupted saves of ended processes left behind.
  package func removeLitter(of isTarget: (_ name: Substring) -> Bool) {
    // A directory that can't be listed must not stop a save.
    for bytes in (try? nameBytes()) ?? [] where bytes.first == CChar(UInt8(ascii: ".")) {
      let found = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard let mark = found.ranges(of: ".tmp-").last,
        isTarget(found[..<mark.lowerBound].dropFirst()),
        let process = found[mark.upperBound...].split(separator: "-").first.flatMap({ Int32($0) }),
        process > 0, System.isGone(process: process)
      else { continue }
      System.remove(bytes, in: descriptor)
    }
  }
}
