/// Whole files as bytes.
package enum FileBytes {
  /// All bytes of a file or pipe.
  ///
  /// - Throws: ``FileError`` where it can't be read, or, before more than `limit` bytes are held, where it has
  ///   more: an endless file ends too.
  package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    try rest(of: OpenFile(pathOrPipe: path), limit: limit)
  }

  /// All bytes of a file, and of one that is packed by gzip those for which it stands.
  package static func readUnpacked(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    try unpacked(read(path, limit: limit), of: path, limit: limit)
  }

  /// The bytes for which a file's bytes stand.
  static func unpacked(
    _ bytes: [UInt8], of path: String, limit: Int
  ) throws(FileError) -> [UInt8] {
    guard Gzip.begins(bytes) else { return bytes }
    do throws(ByteFault) {
      return try Gzip.unpack(bytes, limit: limit)
    } catch {
      throw FileError(
        file: path, .byte(error.offset), expected: error.expected, found: error.found)
    }
  }

  /// What is left of an open file or pipe.
  static func rest(of file: OpenFile, limit: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let block = try file.next(atMost: 1 << 18)
      if block.isEmpty { return bytes }
      guard bytes.count + block.count <= limit else { throw tooLarge(file.path, limit) }
      bytes += block
    }
  }

  /// The error of a file that is larger than a limit.
  package static func tooLarge(_ path: String, _ limit: Int) -> FileError {
    FileError(file: path, expected: "at most \(limit) bytes", found: "more")
  }

  /// Whether something bears this path, readable or not.
  package static func exists(_ path: String) -> Bool { System.exists(path) }

  /// The number of bytes of a regular file, or nil.
  package static func size(_ path: String) -> Int? {
    guard let status = System.status(of: path), status.kind == .file else { return nil }
    return status.size
  }
}
