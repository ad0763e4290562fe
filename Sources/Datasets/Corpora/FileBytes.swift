#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whole files as bytes, through the system's own calls.
enum FileBytes {
  /// All bytes of a file or pipe.
  ///
  /// - Throws: ``DatasetError/unreadable(path:reason:)``, or ``DatasetError/tooLarge(path:limit:)``
  ///   before more than `limit` bytes are held, so that an endless file ends too.
  static func read(_ path: String, limit: Int) throws(DatasetError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = chunk.withUnsafeMutableBytes { buffer in
        read(descriptor, into: buffer)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path) }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw .tooLarge(path: path, limit: limit) }
      bytes += chunk[..<count]
    }
  }

  /// Whether something bears this path, readable or not.
  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// The number of bytes of a regular file, or nil.
  static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// The system's `read`: the number of bytes, 0 at the end, or -1 with a reason in `errno`.
  static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.read(descriptor, buffer.baseAddress, buffer.count)
    #else
      Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }

  /// The error that `errno` names.
  static func unreadable(_ path: String) -> DatasetError {
    let code = errno
    let reason: String? = strerror(code).map { String(cString: $0) }
    return .unreadable(path: path, reason: reason ?? "error \(code)")
  }
}
