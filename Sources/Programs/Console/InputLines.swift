#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The lines of a file or of standard input, each as soon as it is there.
final class InputLines {
  /// What messages call it: the path, or `standard input`.
  let name: String
  /// The number of the last line, from 1.
  private(set) var number = 0

  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0

  /// The lines of a file; without a path, or with `-`, of standard input.
  ///
  /// - Throws: ``Failure`` where there is nothing to read, or a directory.
  init(_ path: String?) throws {
    let file = path == "-" ? nil : path
    name = file ?? "standard input"
    descriptor = file.map { open($0, O_RDONLY | O_CLOEXEC) } ?? 0
    guard descriptor >= 0 else { throw Failure("\(name): \(String(cString: strerror(errno)))") }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw Failure("\(name): expected lines, found a directory")
    }
  }

  deinit { if descriptor > 0 { close(descriptor) } }

  /// The bytes of the next line without its end, LF or CR LF; nil after the last.
  ///
  /// - Throws: ``Failure`` where reading fails.
  func next() throws -> ArraySlice<UInt8>? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return line(buffer[start..<end])
      }
      buffer.removeSubrange(..<start)
      (start, searched) = (0, buffer.count)
      guard try readMore() else { break }
    }
    guard !buffer.isEmpty else { return nil }
    defer { buffer = [] }
    return line(buffer[...])
  }

  /// Reads what is there, at least a byte; false at the end.
  private func readMore() throws -> Bool {
    let size = 1 << 16
    var code: Int32?
    let piece = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
      var got = -1
      repeat { got = read(descriptor, bytes.baseAddress, size) } while got < 0 && errno == EINTR
      if got < 0 { code = errno }
      count = max(0, got)
    }
    if let code { throw Failure("\(name): \(String(cString: strerror(code)))") }
    buffer += piece
    return !piece.isEmpty
  }

  private func line(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    number += 1
    var line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
    // A byte order mark is no part of the first line.
    if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
    return line
  }
}
