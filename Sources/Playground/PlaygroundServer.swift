import FlyingFox
import FlyingSocks
import Foundation

/// The HTTP server of the page.
///
/// No other page can drive it: every request must name the server's own address as its host, so that a name that is
/// made to point here is refused, and a request with an origin must come from the page itself. Requests are limited in
/// size, and a request to change something must be JSON.
package struct PlaygroundServer: Sendable {
  /// The most bytes of a request's body.
  package static let mostBytes = 2 << 20

  private let address: String
  private let port: UInt16
  private let session: Session
  private let requests: Requests
  private let socketAddress: sockaddr_in

  /// - Throws: `Refusal` if the address is no IPv4 address.
  package init(address: String, port: UInt16, session: Session) throws {
    self.address = address
    self.port = port
    self.session = session
    requests = Requests(session)
    do {
      socketAddress = try sockaddr_in.inet(ip4: address, port: port)
    } catch {
      throw Refusal("address: expected an IPv4 address, found \(address)")
    }
  }

  /// Trains and serves until the task is cancelled.
  ///
  /// - Parameter listening: called once the page can be opened; its error ends the server.
  /// - Throws: `Refusal` if the server fails: its port is taken, say.
  package func run(listening: @escaping @Sendable () throws -> Void = {}) async throws {
    let server = HTTPServer(
      address: socketAddress, timeout: 60, logger: .disabled, handler: Handler(server: self))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await server.run()
        } catch SocketError.failed(_, let code, let message) {
          throw Refusal(code == EADDRINUSE ? "the port is in use: --port names another" : message)
        }
      }
      group.addTask {
        try await server.waitUntilListening(timeout: 60)
        try listening()
        await session.run()
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private struct Handler: HTTPHandler {
    let server: PlaygroundServer
    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
      await server.response(to: request)
    }
  }

  // MARK: Requests

  /// The response to a request.
  package func response(to request: HTTPRequest) async -> HTTPResponse {
    guard isOwn(request) else {
      return refusal(.forbidden, "this server answers its own page alone")
    }
    if request.path == "/events" {
      let handler = Events(session: session)
      let socket = WebSocketHTTPHandler(handler: MessageFrameWSHandler(handler: handler))
      return (try? await socket.handleRequest(request)) ?? refusal(.badRequest, "no WebSocket")
    }
    do {
      if request.path.hasPrefix("/ask/") { return try await answer(request) }
      guard request.method == .GET else { return refusal(.methodNotAllowed, "expected GET") }
      if request.path.hasPrefix("/download/") { return try await download(request) }
    } catch {
      return refusal(.unprocessableContent, "\(error)")
    }
    guard let file = Page.file(request.path) else { return refusal(.notFound, "no such page") }
    return reply(file.type, Data(file.bytes))
  }

  private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard request.method == .POST,
      request.headers[.contentType]?.hasPrefix("application/json") == true
    else { return refusal(.badRequest, "expected JSON by POST") }
    guard let body = try await body(of: request) else {
      return refusal(.payloadTooLarge, "expected at most \(Self.mostBytes) bytes")
    }
    let answer = try await requests.answer(String(request.path.dropFirst(5)), body)
    return reply("application/json", Data(answer.utf8))
  }

  private func download(_ request: HTTPRequest) async throws -> HTTPResponse {
    let name = String(request.path.dropFirst("/download/".count))
    guard let file = Download(rawValue: name) else { return refusal(.notFound, "no such file") }
    let lane = request.query["lane"].flatMap(Int.init) ?? 0
    let bytes = try file.bytes(of: try await session.learner(lane))
    var response = reply("application/octet-stream", Data(bytes))
    response.headers[.contentDisposition] = "attachment; filename=\"\(name)\""
    return response
  }

  /// The body; nil if it is larger than allowed.
  private func body(of request: HTTPRequest) async throws -> [UInt8]? {
    if let count = request.bodySequence.count, count > Self.mostBytes { return nil }
    var bytes: [UInt8] = []
    for try await piece in request.bodySequence {
      bytes += piece
      if bytes.count > Self.mostBytes { return nil }
    }
    return bytes
  }

  /// Whether the request is meant for this server, and comes from its page or from a program.
  private func isOwn(_ request: HTTPRequest) -> Bool {
    var names = ["127.0.0.1", "localhost"]
    if !names.contains(address) { names.append(address) }
    let hosts = names.map { "\($0):\(port)" }
    guard let host = request.headers[.host], hosts.contains(host) else { return false }
    let origins = request.headers.values(for: HTTPHeader("Origin"))
    return origins.allSatisfy { origin in hosts.contains { origin == "http://\($0)" } }
  }

  // MARK: Responses

  private func refusal(_ status: HTTPStatusCode, _ text: String) -> HTTPResponse {
    var response = reply("application/json", Data(json(["error": text]).utf8))
    response.statusCode = status
    if status == .payloadTooLarge { response.headers[.connection] = "close" }
    return response
  }

  private func reply(_ type: String, _ body: Data) -> HTTPResponse {
    HTTPResponse(
      statusCode: .ok,
      headers: [
        .contentType: type, .cacheControl: "no-store",
        HTTPHeader("X-Content-Type-Options"): "nosniff",
        HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
        HTTPHeader("Content-Security-Policy"):
          "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
      ],
      body: body)
  }
}

/// The session's messages to one page.
private struct Events: WSMessageHandler {
  let session: Session

  func makeMessages(for client: AsyncStream<WSMessage>) async throws -> AsyncStream<WSMessage> {
    let messages = await session.messages()
    let (stream, continuation) = AsyncStream.makeStream(
      of: WSMessage.self, bufferingPolicy: .bufferingNewest(64))
    let sending = Task {
      for await message in messages { continuation.yield(.text(message)) }
      continuation.finish()
    }
    // A page says nothing here; that its messages end tells that it has closed.
    let listening = Task {
      for await _ in client {}
      continuation.finish()
    }
    continuation.onTermination = { _ in
      sending.cancel()
      listening.cancel()
    }
    return stream
  }
}
