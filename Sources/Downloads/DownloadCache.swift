import Foundation

/// The folder where downloads are kept, whole and checked.
///
/// ```swift
/// let cache = DownloadCache(environment: ProcessInfo.processInfo.environment)
/// let path = try cache.path(of: .timeMachine)
/// ```
///
/// A file is fetched once. It is written to a file of another name, goes on where an earlier attempt
/// stopped, and takes its own name only when its size and its SHA-256 are right: what bears the name is
/// whole, whatever happened on the way. Several processes may ask for it at once; one fetches.
public struct DownloadCache: Sendable {
  /// The folder's path.
  public let folder: String

  /// A folder, which is made when it is needed.
  public init(folder: String) { self.folder = folder }

  /// The user's: `$XDG_CACHE_HOME/swift-rnn`, else `~/Library/Caches/swift-rnn` on a Mac, and
  /// `~/.cache/swift-rnn` elsewhere.
  public init(environment: [String: String]) {
    if let caches = environment["XDG_CACHE_HOME"], caches.hasPrefix("/") {
      self.init(folder: caches + "/swift-rnn")
      return
    }
    let home = environment["HOME"] ?? "/tmp"
    #if os(macOS)
      self.init(folder: home + "/Library/Caches/swift-rnn")
    #else
      self.init(folder: home + "/.cache/swift-rnn")
    #endif
  }

  /// The path of a file in the cache, which is fetched first where it is not there.
  ///
  /// - Parameter progress: is told how many bytes are there, from time to time.
  /// - Throws: ``DownloadError``. What was fetched of a file is kept for the next attempt, unless it is
  ///   wrong.
  public func path(
    of file: RemoteFile, progress: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
  ) throws(DownloadError) -> String {
    let path = "\(folder)/\(file.name)"
    if isWhole(path, file) { return path }
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw failure(file, .cache(path: folder, error.localizedDescription))
    }
    let part = try PartialFile(path: path + ".part") { failure(file, $0) }
    // Another process may have fetched it while this one waited for the lock.
    if isWhole(path, file) { return path }
    if part.size > file.size { try part.truncate() }
    let wasBegun = part.size > 0
    if part.size < file.size { try fetch(file, into: part, progress) }
    do throws(DownloadError) {
      try check(part, file)
    } catch {
      try part.truncate()
      guard wasBegun else { throw error }
      // What was there before may have been another file's beginning.
      try fetch(file, into: part, progress)
      do throws(DownloadError) {
        try check(part, file)
      } catch {
        try part.truncate()
        throw error
      }
    }
    try part.rename(to: path)
    return path
  }

  private func failure(_ file: RemoteFile, _ reason: DownloadError.Reason) -> DownloadError {
    DownloadError(url: file.url, reason: reason, alternative: file.alternative)
  }

  private func isWhole(_ path: String, _ file: RemoteFile) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.size] as? Int == file.size
  }

  private func fetch(
    _ file: RemoteFile, into part: PartialFile, _ progress: @escaping @Sendable (Int) -> Void
  ) throws(DownloadError) {
    guard let url = URL(string: file.url) else {
      throw failure(file, .unreachable("no such address"))
    }
    let transfer = Transfer(url, limit: file.size, into: part, progress: progress)
    guard let reason = transfer.run() else { return }
    // The server's file ends before ours does: what we have is of another file.
    guard reason == .status(416), part.size > 0 else { throw failure(file, reason) }
    try part.truncate()
    try fetch(file, into: part, progress)
  }

  private func check(_ part: PartialFile, _ file: RemoteFile) throws(DownloadError) {
    guard part.size == file.size else {
      throw failure(file, .size(expected: file.size, found: part.size))
    }
    let sum = try part.sha256()
    guard sum == file.sha256 else {
      throw failure(file, .checksum(expected: file.sha256, found: sum))
    }
  }
}
