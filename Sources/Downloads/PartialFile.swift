import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that is being fetched, locked against other processes while it is open.
///
/// Unchecked: it is used by one thread at a time, the caller's or the network's, by turns.
final class PartialFile: @unchecked Sendable {
  private let path: String
  private let descriptor: Int32
  private let failure: @Sendable (DownloadError.Reason) -> DownloadError
  /// The number of bytes.
  private(set) var size: Int

  /// Opens or makes a file; waits until no other process has it open.
  init(
    path: String, failure: @escaping @Sendable (DownloadError.Reason) -> DownloadError
  ) throws(DownloadError) {
    self.path = path
    self.failure = failure
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    size = 0
    guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else { throw systemFailure }
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else { throw systemFailure }
    size = Int(end)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private var systemFailure: DownloadError {
    failure(.cache(path: path, String(cString: strerror(errno))))
  }

  /// Makes it empty.
  func truncate() throws(DownloadError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw systemFailure
    }
    size = 0
  }

  /// Appends bytes.
  func append(_ data: Data) throws(DownloadError) {
    var rest = data[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw systemFailure }
      rest = rest.dropFirst(count)
      size += count
    }
  }

  /// The checksum of all bytes.
  func sha256() throws(DownloadError) -> String {
    var sum = SHA256()
    var block = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    while offset < size {
      let count = block.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw systemFailure }
      sum.update(block[..<count])
      offset += count
    }
    return sum.hexadecimal
  }

  /// Gives it another name, in one step, when its bytes are on the disk.
  func rename(to other: String) throws(DownloadError) {
    guard fsync(descriptor) == 0, Foundation.rename(path, other) == 0 else {
      throw systemFailure
    }
  }
}
