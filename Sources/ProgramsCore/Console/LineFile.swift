import FileCore

/// A file that is written piece by piece; each piece is there as soon as it is written.
package final class ByteFile {
  private let path: String
  private let descriptor: Int32
  /// Whether the rest of the log is left out.
  private var isCutOff = false

  /// Opens a file, emptied or at its end.
  package init(_ path: String, appends: Bool = false) throws {
    self.path = path
    descriptor = System.openForWriting(path, appends: appends)
    guard descriptor >= 0 else { throw Failure("\(path): \(System.message(System.code))") }
  }

  deinit { System.closeFile(descriptor) }

  /// Whether nothing has been written to the file yet.
  package var isEmpty: Bool { System.status(of: descriptor)?.size == 0 }

  /// Writes bytes.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    let code = bytes.withUnsafeBytes { System.write($0, to: descriptor) }
    if let code { throw .system(path, "", code) }
  }

  /// Writes bytes of a log. No training ends for its log: a failure is said once, and the rest is left out.
  package func log(_ bytes: [UInt8]) {
    guard !isCutOff else { return }
    do throws(FileError) {
      try write(bytes)
    } catch {
      isCutOff = true
      Console.note(error: "\(error); the rest of this file is left out")
    }
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
    if lines.count < count { for line in lines { try write(line) } }
  }

  /// Whether nothing has been written to the file yet.
  package var isEmpty: Bool { file.isEmpty }

  /// Writes a line.
  package func write(_ line: String) throws(FileError) {
    try file.write(Array((line + "\n").utf8))
  }

  /// Writes a line of a log, as ``ByteFile/log(_:)`` does.
  package func log(_ line: String) { file.log(Array((line + "\n").utf8)) }
}
