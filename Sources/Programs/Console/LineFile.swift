#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A text file that is written line by line; each line is there as soon as it is written.
final class LineFile {
  private let handle: UnsafeMutablePointer<FILE>

  /// Opens a file, from its start or at its end.
  init(_ path: String, appends: Bool) throws {
    guard let handle = fopen(path, appends ? "a" : "w") else {
      throw Failure("\(path): \(String(cString: strerror(errno)))")
    }
    self.handle = handle
  }

  /// Opens a table whose rows begin with the number of a step: its end, after the rows up to a step; without one its start.
  convenience init(_ path: String, goingOnAfter step: Int?) throws {
    guard let step, FilePlace(path).kind == .file else {
      try self.init(path, appends: step != nil)
      return
    }
    var lines: [String] = []
    let known = try InputLines(path)
    while let line = try known.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    let kept = lines.enumerated().filter { index, line in
      index == 0 || line.split(separator: ",").first.flatMap { Int($0) }.map { $0 <= step } ?? true
    }
    try self.init(path, appends: kept.count == lines.count)
    if kept.count < lines.count { for line in kept { write(line.element) } }
  }

  deinit { fclose(handle) }

  /// Whether nothing has been written to the file yet.
  var isEmpty: Bool { ftell(handle) == 0 }

  /// Writes a line.
  func write(_ line: String) {
    fputs(line + "\n", handle)
    fflush(handle)
  }
}
