#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The program's standard output and error, written to at once, without a buffer.
package enum Console {
  /// Whether a person reads standard output: whether it is a terminal.
  static var isTerminal: Bool { isatty(1) == 1 }
  /// Whether a person reads standard error.
  static var showsRemarks: Bool { isatty(2) == 1 }

  /// Writes a result to standard output.
  package static func write(_ text: String) throws(OutputFailure) {
    if let code = put(text, to: 1) { throw OutputFailure(code: code) }
  }

  /// Writes a remark to standard error. What nobody can read is dropped.
  package static func note(_ text: String) { _ = put(text, to: 2) }

  /// Writes all of a text; the error's number where that fails.
  private static func put(_ text: String, to descriptor: Int32) -> Int32? {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = systemWrite(descriptor, rest.baseAddress, rest.count)
        if count < 0, errno != EINTR { return errno }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(count, 0)))
      }
      return nil
    }
  }
}

/// Standard output cannot be written to: the disk is full, or nobody reads any longer.
package struct OutputFailure: Error, CustomStringConvertible {
  /// The system's number for the reason.
  let code: Int32

  /// Whether the reader of a pipe has ended, which is no fault.
  var isClosedPipe: Bool { code == EPIPE }

  /// For example `standard output: No space left on device`.
  package var description: String { "standard output: \(String(cString: strerror(code)))" }
}

/// `write`, which inside a type with a function of that name is out of sight.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, bytes, count)
}
