import FileCore

/// A file that is written piece by piece; each piece is there as soon as it is written.
///
/// What the disk does not take is dropped: no training ends for its log.
package final class ByteFile {
  private let descriptor: Int32

  /// Opens a file, emptied or at its end.
  package init(_ path: String, appends: Bool = false) throws {
    descriptor = System.openForWriting(path, appends: appends)
    guard descriptor >= 0 else { throw Failure("\(path): \(System.message(System.code))") }
  }

  deinit { System.closeFile(descriptor) }

  /// Whether nothing has been written to the file yet.
  package var isEmpty: Bool { System.status(of: descriptor)?.size == 0 }

  /// Writes bytes.
  package func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { _ = System.write($0, to: descriptor) }
  }
}

/// A text file that is written line by line.
package struct LineFile {
  private let file: ByteFile

  /// Opens a file, from its start or at its end.
  package init(_ path: String, appends: Bool) throws { file = try ByteFile(path, appends: appends) }

  /// Opens a file whose lines belong to steps: its end, without the lines of steps after one; without a step its start.
  ///
  /// - Parameter step: the step of a line; nil for a line that always stays.
  package init(
    _ path: String, goingOnAfter last: Int?, step: (_ line: String) -> Int?
  ) throws {
    guard let last, FilePlace(path).kind == .file else {
      try self.init(path, appends: last != nil)
      return
    }
    var (lines, count) = ([String](), 0)
    let known = try TextStream(path, encoding: .utf8)
    while let bytes = try known.next() {
      let line = String(decoding: bytes, as: UTF8.self)
      count += 1
      if step(line).map({ $0 <= last }) ?? true { lines.append(line) }
    }
    try self.init(path, appends: lines.count == count)
    if lines.count < count { for line in lines { write(line) } }
  }

  /// Whether nothing has been written to the file yet.
  package var isEmpty: Bool { file.isEmpty }

  /// Writes a line.
  package func write(_ line: String) { file.write(Array((line + "\n").utf8)) }
}
