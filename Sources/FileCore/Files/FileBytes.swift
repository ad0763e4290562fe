/// Whole files as bytes.
package enum FileBytes {
  /// All bytes of a file or pipe.
  ///
  /// - Throws: ``FileError`` if it can't be read or has more than `limit` bytes. No more than these are held, so that
  ///   an endless file is an error too.
  package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    try rest(of: OpenFile(pathOrPipe: path), limit: limit)
  }

  /// All bytes of a file, unpacked if it is a gzip file.
  package static func readUnpacked(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    try unpacked(read(path, limit: limit), of: path, limit: limit)
  }

  /// A file's bytes, unpacked if they are gzip.
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

  /// The remaining bytes of an open file or pipe.
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
    FileError(file: path, expected: "at most \(limit.counted("bytes"))", found: "more")
  }

  /// Whether the path exists, readable or not.
  package static func exists(_ path: String) -> Bool { System.exists(path) }
}
