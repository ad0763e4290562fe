#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The text for an `errno`.
func systemMessage(_ code: Int32) -> String {
  guard let message = strerror(code) else { return "error \(code)" }
  return String(cString: message)
}

extension CheckpointError {
  /// The error for a call that failed with `code`.
  init(file: String, operation: String, code: Int32) {
    switch code {
    case ENOSPC, EDQUOT: self.init(file: file, .noSpace(operation: operation))
    case EACCES, EPERM, EROFS: self.init(file: file, .permission(operation: operation))
    case ENOENT, ENOTDIR: self.init(file: file, .noSuchFile)
    default: self.init(file: file, .io(operation: operation, code: code))
    }
  }
}

/// A file open for reading, closed when nobody holds it any longer.
final class OpenFile: Sendable {
  let path: String
  /// Bytes in the file when it was opened.
  let size: Int
  private let descriptor: Int32

  /// Opens a regular file.
  init(path: String) throws(CheckpointError) {
    // O_NONBLOCK: opening a pipe must not wait for its writer. It changes nothing for a regular file.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw CheckpointError(file: path, operation: "opening", code: errno)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw CheckpointError(file: path, operation: "looking up its size", code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw CheckpointError(file: path, .notARegularFile)
    }
    self.path = path
    self.size = Int(status.st_size)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Reads `count` bytes at `offset`; the file must have them.
  func read(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    var failure: CheckpointError?
    let bytes = [UInt8](uninitializedCapacity: count) { buffer, initializedCount in
      failure = read(
        at: offset, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
      initializedCount = failure == nil ? count : 0
    }
    if let failure { throw failure }
    return bytes
  }

  /// Maps the whole file; `MAP_FAILED` and `errno` where that cannot be.
  func map() -> UnsafeMutableRawPointer? {
    mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
  }

  private func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> CheckpointError? {
    var done = 0
    while done < buffer.count {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = min(piece.count, 1 << 30)
      let got = pread(descriptor, piece.baseAddress, count, off_t(offset + done))
      if got > 0 {
        done += got
      } else if got == 0 {
        return CheckpointError(
          file: path, .truncatedFile(expected: UInt64(size), found: UInt64(offset + done)))
      } else if errno != EINTR {
        return CheckpointError(file: path, operation: "reading", code: errno)
      }
    }
    return nil
  }
}
