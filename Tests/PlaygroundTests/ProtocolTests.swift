import FileCore
import FlyingFox
import Foundation
import Testing

@testable import Playground

/// What a page may ask, and what it gets, without a socket.
struct ProtocolTests {
  private func server(_ setup: Setup = .small) async throws -> (PlaygroundServer, Session) {
    let session = Session(setup)
    try await session.begin(setup)
    return (try PlaygroundServer(address: "127.0.0.1", port: 8020, session: session), session)
  }

  private func request(
    _ path: String, body: String? = nil, host: String? = "127.0.0.1:8020", origin: String? = nil
  ) -> HTTPRequest {
    var headers: HTTPHeaders = [.contentType: "application/json"]
    if let host { headers[.host] = host }
    if let origin { headers[HTTPHeader("Origin")] = origin }
    return HTTPRequest(
      method: body == nil ? .GET : .POST, version: .http11, path: path, query: [],
      headers: headers, body: HTTPBodySequence(data: Data((body ?? "").utf8)))
  }

  private func answer(_ server: PlaygroundServer, _ name: String, _ body: String) async throws
    -> (status: Int, json: FileCore.JSONValue)
  {
    let response = await server.response(to: request("/ask/\(name)", body: body))
    let json = try FileCore.JSONValue(parsing: Array(await response.bodyData), maximumDepth: 8)
    return (response.statusCode.code, json)
  }

  @Test func everyFileThatThePageNamesIsServed() async throws {
    let (server, _) = try await server()
    let page = await server.response(to: request("/"))
    let html = String(decoding: try await page.bodyData, as: UTF8.self)
    var names = html.matches(of: /(?:src|href)="(\/[a-z]+\.[a-z]+)"/).map { String($0.1) }
    #expect(names == ["/style.css", "/main.js"])
    var served: Set<String> = []
    while let name = names.popLast() {
      guard served.insert(name).inserted else { continue }
      let file = await server.response(to: request(name))
      #expect(file.statusCode == .ok, "\(name)")
      let text = String(decoding: try await file.bodyData, as: UTF8.self)
      names += text.matches(of: /(?:from|import) "\.(\/[a-z]+\.js)"/).map { String($0.1) }
    }
    #expect(served.count == 14)
    #expect(await server.response(to: request("/../Package.swift")).statusCode == .notFound)
  }

  @Test(arguments: [
    (nil, nil), ("evil.example:8020", nil), ("127.0.0.1:8021", nil), ("127.0.0.1", nil),
    ("127.0.0.1:8020", "http://evil.example"), ("127.0.0.1:8020", "null"),
    ("127.0.0.1:8020", "http://127.0.0.1:8021"),
  ])
  func otherHostsAndOriginsAreRefused(host: String?, origin: String?) async throws {
    let (server, _) = try await server()
    for path in ["/", "/events", "/download/model.rnnz", "/ask/control"] {
      let response = await server.response(to: request(path, host: host, origin: origin))
      #expect(response.statusCode == .forbidden)
    }
  }

  @Test func noOtherPageCanShowOrEmbedThisOne() async throws {
    let (server, _) = try await server()
    for path in ["/", "/main.js", "/download/model.rnnz"] {
      let headers = await server.response(to: request(path)).headers
      let policy = headers[HTTPHeader("Content-Security-Policy")] ?? ""
      #expect(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'self'"))
      #expect(headers[HTTPHeader("Cross-Origin-Resource-Policy")] == "same-origin")
      #expect(headers[HTTPHeader("X-Content-Type-Options")] == "nosniff")
    }
  }

  @Test func theOwnPageIsAnswered() async throws {
    let (server, _) = try await server()
    for host in ["127.0.0.1:8020", "localhost:8020"] {
      let response = await server.response(to: request("/", host: host, origin: "http://\(host)"))
      #expect(response.statusCode == .ok)
    }
  }

  @Test(arguments: [
    ("next", "{bad", "JSON, byte 1"), ("next", "[]", "JSON"), ("next", "", "JSON"),
    ("next", #"{"text":"a","temperature":-1}"#, "temperature: expected"),
    ("next", #"{"text":"a","temperature":1,"topK":0}"#, "top-k: expected"),
    ("next", #"{"text":"a","temperature":1,"lane":7}"#, "lane: expected"),
    ("next", #"{"tree":99,"node":0,"temperature":1}"#, "tree: 99 is not kept"),
    ("branch", #"{"tree":99,"node":0,"text":"a"}"#, "tree: 99 is not kept"),
    (
      "stream",
      #"{"isRunning":true,"options":{"cell":"gru","units":1,"delay":3,"reach":2,"rate":0.1,"seed":1}}"#,
      "units: expected"
    ),
    ("stream", #"{"isRunning":1}"#, "JSON"),
    ("forecast", #"{"points":[1,2]}"#, "points: expected 30"),
    ("forecast", #"{"points":["a"]}"#, "JSON"),
    ("control", #"{"rate":0}"#, "rate: expected"), ("control", #"{"rate":1e99}"#, "rate: expected"),
    ("control", #"{"action":"explode"}"#, "JSON"), ("sing", "{}", "sing: no such request"),
    ("setup", #"{"units":100000}"#, "units: expected"), ("setup", #"{"layers":0}"#, "layers"),
    ("setup", #"{"data":"/etc/passwd"}"#, "data: expected"),
    ("setup", #"{"data":"csv:/etc/passwd"}"#, "data: expected"),
    ("setup", #"{"data":"text","text":"ab"}"#, "text: expected 2000 to"),
    ("setup", #"{"data":"table","text":"a,b\n1"}"#, "table"),
    ("setup", #"{"data":"table","text":"a,b","task":"singing"}"#, "task: expected"),
    ("setup", #"{"cell":"lsmt"}"#, "lsmt"), ("setup", #"{"cell":"cell a(x, h)\n h' = y"}"#, "2:"),
    ("influence", #"{"text":"abc","index":9}"#, "index: expected"),
    ("units", #"{"text":""}"#, "no character"),
    ("nearest", #"{"text":"abc","index":2,"end":1}"#, "span: expected"),
  ])
  func whatIsWrongIsSaid(name: String, body: String, words: String) async throws {
    let (server, _) = try await server()
    let (status, json) = try await answer(server, name, body)
    #expect(status == 422)
    #expect(json.text.contains(words), "\(json.text)")
  }

  @Test func requestsThatAreTooLargeOrNoJSONAreRefused() async throws {
    let (server, _) = try await server()
    let large = String(repeating: " ", count: PlaygroundServer.mostBytes + 1)
    #expect(try await answer(server, "next", large).status == 413)
    var form = request("/ask/control", body: "{}")
    form.headers[.contentType] = "text/plain"
    #expect(await server.response(to: form).statusCode == .badRequest)
  }

  @Test func theProbabilitiesOfTheNextCharactersSumToOne() async throws {
    let (server, _) = try await server()
    let (status, json) = try await answer(
      server, "next", #"{"text":"abab","temperature":0.7,"topK":3}"#)
    #expect(status == 200)
    let next = try json.decoded(as: NextTokens.self)
    #expect(next.choices.count == 3)
    #expect(abs(next.choices.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
    #expect(next.continuation.count == 120)
  }

  @Test func aBranchIsGrownAndAskedByItsNode() async throws {
    let (server, _) = try await server()
    let (_, root) = try await answer(server, "branch", #"{"text":"ab"}"#)
    let tree = try root.decoded(as: Requests.Place.self).tree
    let (_, json) = try await answer(
      server, "branch", "{\"tree\":\(tree),\"node\":0,\"text\":\"c\"}")
    let branch = try json.decoded(as: Requests.Place.self)
    #expect(branch.tree == tree && branch.node == 1)
    let (status, _) = try await answer(
      server, "next", "{\"tree\":\(tree),\"node\":1,\"temperature\":1}")
    #expect(status == 200)
  }

  @Test(arguments: Download.allCases)
  func everyDownloadIsAFile(download: Download) async throws {
    let (server, _) = try await server()
    let response = await server.response(to: request("/download/\(download.rawValue)"))
    #expect(response.statusCode == .ok)
    #expect(
      response.headers[.contentDisposition] == "attachment; filename=\"\(download.rawValue)\"")
    let bytes = try await response.bodyData
    switch download {
    case .checkpoint: #expect(bytes.prefix(4) == Data("RNNZ".utf8) || bytes.count > 1000)
    case .onnx: #expect(bytes.count > 1000)
    case .cell: #expect(String(decoding: bytes, as: UTF8.self).contains("struct PlaygroundCell"))
    case .report: #expect(String(decoding: bytes, as: UTF8.self).contains("<h1>gru of 1 x 6"))
    }
    #expect(await server.response(to: request("/download/secrets")).statusCode == .notFound)
  }
}

extension Setup {
  /// A training that takes milliseconds a step.
  static var small: Setup {
    var setup = Setup()
    setup.data = "text"
    setup.text = String(repeating: "(abc) \"de\" fgh\n", count: 200)
    setup.units = 6
    setup.cell = "gru"
    return setup
  }
}
