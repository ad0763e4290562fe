/// A file open for reading; the last reference closes it.
package final class OpenFile: Sendable {
  package let path: String
  /// Bytes in the file when it was opened.
  package let size: Int
  /// Whether it can be read at any offset: false for a pipe or a terminal.
  package let isSeekable: Bool
  private let descriptor: Int32
  private let closes: Bool
  private let irregular: FileError.Kind?

  /// Opens a regular file.
  package convenience init(path: String) throws(FileError) {
    // Opening a pipe must not wait for its writer.
    try self.init(path, System.openForReading(path, waits: false), operation: "opening")
    if let irregular { throw FileError(file: path, .notARegularFile(irregular)) }
  }

  /// Opens a file or a pipe.
  package convenience init(pathOrPipe path: String) throws(FileError) {
    try self.init(path, System.openForReading(path), operation: "")
  }

  /// Standard input, which stays open.
  package convenience init(standardInputAs name: String) throws(FileError) {
    try self.init(name, 0, operation: "", closes: false)
    if System.status(of: 0)?.kind == .folder {
      throw FileError(file: name, .notARegularFile(.directory))
    }
  }

  private init(
    _ path: String, _ descriptor: Int32, operation: String, closes: Bool = true
  ) throws(FileError) {
    self.path = path
    self.closes = closes
    self.descriptor = descriptor
    guard descriptor >= 0 else {
      (size, isSeekable, irregular) = (0, false, nil)
      throw FileError.system(path, operation)
    }
    guard let status = System.status(of: descriptor) else {
      (size, isSeekable, irregular) = (0, false, nil)
      throw FileError.system(path, "looking up its size")
    }
    size = status.size
    irregular = status.irregular
    isSeekable = irregular == nil
  }

  deinit { if closes, descriptor >= 0 { System.closeFile(descriptor) } }

  /// Reads `count` bytes at `offset`; the file must have them.
  package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](uninitializedCapacity: count) { buffer, initializedCount in
      let target = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
      do throws(FileError) {
        let done = try read(at: offset, into: target)
        if done < count {
          failure = FileError(file: path, .cutShort(expected: size, found: offset + done))
        }
      } catch {
        failure = error
      }
      initializedCount = failure == nil ? count : 0
    }
    if let failure { throw failure }
    return bytes
  }

  /// Fills a buffer with the bytes from `offset` on; returns their number, which is smaller only at the end.
  package func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done...].prefix(1 << 30))
      let got = System.readBytes(descriptor, at: offset + done, into: piece)
      if got == 0 { break }
      if got > 0 {
        done += got
      } else if !System.wasInterrupted {
        throw FileError.system(path, "reading")
      }
    }
    return done
  }

  /// At most `count` bytes from `offset` on; none at the end.
  package func bytes(at offset: Int, atMost count: Int) throws(FileError) -> [UInt8] {
    try read(at: offset, count: max(0, min(count, size - offset)))
  }

  /// Whether reading the next bytes would not wait longer than some milliseconds.
  func isReadable(within milliseconds: Int) -> Bool {
    System.isReadable(descriptor, within: milliseconds)
  }

  /// The next bytes of a file or pipe, none only at the end.
  package func next(atMost count: Int) throws(FileError) -> [UInt8] {
    var got = -1
    var bytes: [UInt8] = []
    repeat {
      bytes = [UInt8](uninitializedCapacity: count) { buffer, initializedCount in
        got = System.readBytes(
          descriptor,
          into: UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(rebasing: buffer[..<count])))
        initializedCount = max(0, got)
      }
    } while got < 0 && System.wasInterrupted
    guard got >= 0 else { throw FileError.system(path) }
    return bytes
  }

  /// Maps the whole file; nil on failure.
  func map() -> UnsafeMutableRawPointer? { System.map(descriptor, size: size) }
}
