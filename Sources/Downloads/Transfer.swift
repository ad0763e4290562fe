import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One HTTP request for a file, from its first missing byte on.
///
/// If the server does not support ranges and sends the whole file, the partial file starts over. `@unchecked Sendable`:
/// until `run` ends, only the session's serial queue uses its state.
final class Transfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  private let url: URL
  private let limit: Int
  private let part: PartialFile
  private let progress: @Sendable (Int) -> Void
  private let done = DispatchSemaphore(value: 0)
  private var reason: DownloadError.Reason?

  /// The timeout in seconds without data.
  private static let patience = 30.0

  init(
    _ url: URL, limit: Int, into part: PartialFile, progress: @escaping @Sendable (Int) -> Void
  ) {
    self.url = url
    self.limit = limit
    self.part = part
    self.progress = progress
  }

  /// Downloads the missing bytes; returns nil or the reason of the failure.
  func run() -> DownloadError.Reason? {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = Self.patience
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
    var request = URLRequest(url: url)
    // A compressed response would have another size.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if part.size > 0 { request.setValue("bytes=\(part.size)-", forHTTPHeaderField: "Range") }
    session.dataTask(with: request).resume()
    done.wait()
    session.invalidateAndCancel()
    return reason
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    switch status {
    case 206: break
    case 200: attempt { () throws(DownloadError) in try part.truncate() }
    default: reason = .status(status)
    }
    let length = Int(response.expectedContentLength)
    if reason == nil, length >= 0, part.size + length != limit {
      reason = .size(expected: limit, found: part.size + length)
    }
    completionHandler(reason == nil ? .allow : .cancel)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard reason == nil else { return }
    guard part.size + data.count <= limit else {
      reason = .size(expected: limit, found: part.size + data.count)
      dataTask.cancel()
      return
    }
    attempt { () throws(DownloadError) in try part.append(data) }
    if reason != nil { dataTask.cancel() }
    progress(part.size)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    if let error, reason == nil { reason = .unreachable(error.localizedDescription) }
    done.signal()
  }

  private func attempt(_ work: () throws(DownloadError) -> Void) {
    do throws(DownloadError) {
      try work()
    } catch {
      reason = error.reason
    }
  }
}
