import FileCore
import Foundation

/// A partial download, locked against other processes while it is open.
///
/// `@unchecked Sendable`: only one thread at a time uses it, the caller's or the network's.
final class PartialFile: @unchecked Sendable {
  private let path: String
  private let descriptor: Int32
  private let failure: @Sendable (DownloadError.Reason) -> DownloadError
  /// The number of bytes.
  private(set) var size: Int

  /// Opens or creates the file; waits until no other process has it open.
  init(
    path: String, failure: @escaping @Sendable (DownloadError.Reason) -> DownloadError
  ) throws(DownloadError) {
    self.path = path
    self.failure = failure
    descriptor = System.openForWriting(path)
    size = 0
    guard descriptor >= 0, System.lock(descriptor) == 0,
      let status = System.status(of: descriptor)
    else { throw systemFailure }
    size = status.size
    guard System.seek(descriptor, to: size) >= 0 else { throw systemFailure }
  }

  deinit { if descriptor >= 0 { System.closeFile(descriptor) } }

  private var systemFailure: DownloadError {
    failure(.cache(path: path, System.message(System.code)))
  }

  /// Truncates the file to no bytes.
  func truncate() throws(DownloadError) {
    guard System.truncate(descriptor) == 0, System.seek(descriptor, to: 0) == 0 else {
      throw systemFailure
    }
    size = 0
  }

  /// Appends bytes.
  func append(_ data: Data) throws(DownloadError) {
    var rest = data[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { System.writeBytes(descriptor, $0) }
      if count < 0 && System.wasInterrupted { continue }
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
        System.readBytes(descriptor, at: offset, into: $0)
      }
      if count < 0 && System.wasInterrupted { continue }
      guard count > 0 else { throw systemFailure }
      sum.update(block[..<count])
      offset += count
    }
    return sum.hexadecimal
  }

  /// Flushes the file to the disk, then renames it atomically.
  func rename(to other: String) throws(DownloadError) {
    guard System.flush(descriptor) == 0, System.rename(path, to: other) == 0 else {
      throw systemFailure
    }
  }
}
