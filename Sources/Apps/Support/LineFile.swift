#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A text file that is written line by line; each line is there as soon as it is written.
public final class LineFile {
  private let handle: UnsafeMutablePointer<FILE>

  /// Opens a file, from its start or at its end.
  public init(_ path: String, appends: Bool) throws {
    guard let handle = fopen(path, appends ? "a" : "w") else {
      throw Failure("\(path): \(String(cString: strerror(errno)))")
    }
    self.handle = handle
  }

  deinit { fclose(handle) }

  /// Whether nothing has been written to the file yet.
  public var isEmpty: Bool { ftell(handle) == 0 }

  /// Writes a line.
  public func write(_ line: String) {
    fputs(line + "\n", handle)
    fflush(handle)
  }
}
