import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A server of one file on this machine's loopback, which misbehaves as a test asks.
final class LoopbackServer: Sendable {
  /// How it answers.
  struct Manner: Sendable {
    /// The whole file.
    var content: [UInt8]
    /// Whether it knows ranges.
    var knowsRanges = true
    /// The status instead of a success, where there is one.
    var status: Int?
    /// After how many bytes of a body it breaks the connection off.
    var breaksAfter: Int?
    /// Whether it keeps the length for itself.
    var hidesLength = false
  }

  let port: Int
  private let descriptor: Int32
  private let manner: Mutex<Manner>
  private let asked = Mutex<[String]>([])
  private let isStopped = Mutex(false)

  init(_ manner: Manner) throws {
    // Whoever asked may have gone before the answer is written.
    _ = signal(SIGPIPE, SIG_IGN)
    self.manner = Mutex(manner)
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    let server = socket(AF_INET, kind, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(server, pointer, size) == 0 && listen(server, 8) == 0
          && getsockname(server, pointer, &size) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
    descriptor = server
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(server, nil, nil)
        guard connection >= 0 else { return }
        answer(connection)
        close(connection)
      }
    }
  }

  /// Ends the server; its port refuses connections from then on.
  func stop() {
    isStopped.withLock { isStopped in
      if isStopped { return }
      isStopped = true
      shutdown(descriptor, Int32(SHUT_RDWR))
      close(descriptor)
    }
  }

  var url: String { "http://127.0.0.1:\(port)/file.txt" }

  /// The ranges that were asked for so far, `all` where there was none.
  var requests: [String] { asked.withLock { $0 } }

  func behave(_ change: @Sendable (inout Manner) -> Void) { manner.withLock { change(&$0) } }

  private func answer(_ connection: Int32) {
    let manner = manner.withLock { $0 }
    let lines = request(connection).split(separator: "\r\n")
    let range = lines.first { $0.lowercased().hasPrefix("range:") }
      .flatMap { $0.split(separator: "=").last }
    asked.withLock { $0.append(range.map(String.init) ?? "all") }
    var first = 0
    var head = "HTTP/1.1 200 OK"
    if let range, manner.knowsRanges {
      first = Int(range.dropLast()) ?? 0
      head = "HTTP/1.1 206 Partial Content"
      if first >= manner.content.count {
        head = "HTTP/1.1 416 Range Not Satisfiable"
        first = manner.content.count
      } else {
        let all = manner.content.count
        head += "\r\nContent-Range: bytes \(first)-\(all - 1)/\(all)"
      }
    }
    if let status = manner.status {
      head = "HTTP/1.1 \(status) No"
      first = manner.content.count
    }
    let body = manner.content[first...]
    if !manner.hidesLength { head += "\r\nContent-Length: \(body.count)" }
    send(connection, Array((head + "\r\nConnection: close\r\n\r\n").utf8))
    send(connection, Array(body.prefix(manner.breaksAfter ?? .max)))
  }

  private func request(_ connection: Int32) -> String {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
      let count = read(connection, &block, block.count)
      if count <= 0 { break }
      bytes += block[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func send(_ connection: Int32, _ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }
}
