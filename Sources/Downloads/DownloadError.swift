import FileCore

/// Why a download failed; its description is one line for people.
public struct DownloadError: Error, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Reason: Equatable, Sendable {
    /// No server could be reached, or the connection broke: the system's message.
    case unreachable(String)
    /// The server answered with a status other than success.
    case status(Int)
    /// The file has another number of bytes.
    case size(expected: Int, found: Int)
    /// The file has another checksum.
    case checksum(expected: String, found: String)
    /// The cache's folder or file could not be written: the system's message.
    case cache(path: String, String)
  }

  /// The file.
  public var file: RemoteFile
  /// What went wrong.
  public var reason: Reason
  /// The address, what was expected and found.
  public var description: String {
    let what =
      switch reason {
      case .unreachable(let words): "cannot be fetched: \(words)"
      case .status(let status): "cannot be fetched: the server answered \(status)"
      case .size(let expected, let found):
        "expected \(expected.counted("bytes")), found \(found.grouped)"
      case .checksum(let expected, let found):
        "expected the SHA-256 \(expected.prefix(12))…, found \(found.prefix(12))…"
      case .cache(let path, let words): "cannot be kept in \(path): \(words)"
      }
    return "\(file.url): \(what)"
  }
}
