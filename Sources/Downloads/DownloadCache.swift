import Foundation

/// A folder of complete, verified downloads.
///
/// ```swift
/// let cache = DownloadCache(environment: ProcessInfo.processInfo.environment)
/// let path = try cache.path(of: .timeMachine)
/// ```
///
/// A file is downloaded once. The download goes to a partial file of another name and resumes where an earlier
/// attempt stopped. It is renamed only after its size and SHA-256 are verified, so that a file of the final name
/// is always complete. Several processes may request a file at once; one downloads it.
public struct DownloadCache: Sendable {
  /// The folder's path.
  public let folder: String

  /// A cache in a folder, which is created when needed.
  public init(folder: String) { self.folder = folder }

  /// The user's cache: `$XDG_CACHE_HOME/swift-rnn` if set, otherwise `~/Library/Caches/swift-rnn` on a Mac and
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

  /// The path of a file in the cache; downloads it first if it is missing.
  ///
  /// - Parameters:
  ///   - file: the file.
  ///   - progress: called from time to time with the number of bytes downloaded so far.
  /// - Throws: ``DownloadError``. A partial download is kept for the next attempt, unless its checksum is
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
    // Another process may have downloaded it while this one waited for the lock.
    if isWhole(path, file) { return path }
    if part.size > file.size { try part.truncate() }
    let wasBegun = part.size > 0
    if part.size < file.size { try fetch(file, into: part, progress) }
    do throws(DownloadError) {
      try check(part, file)
    } catch {
      try part.truncate()
      guard wasBegun else { throw error }
      // The earlier part may be the beginning of another file.
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
    DownloadError(file: file, reason: reason)
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
    // The server's file is shorter than the partial file, which is therefore of another file.
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
