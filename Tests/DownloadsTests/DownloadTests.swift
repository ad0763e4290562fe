import Datasets
import Downloads
import Foundation
import Testing

@Suite struct DownloadTests {
  private static let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &>> 3) }

  private static func sum(_ bytes: [UInt8]) -> String {
    var sum = SHA256()
    sum.update(bytes)
    return sum.hexadecimal
  }

  /// A server, a cache in a new folder, and the file that the server has.
  private func with(
    _ manner: LoopbackServer.Manner = .init(content: content),
    _ test: (LoopbackServer, DownloadCache, RemoteFile) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("downloads-\(UInt64.random(in: 0 ... .max))/deep").path
    defer {
      try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent)
    }
    let server = try LoopbackServer(manner)
    defer { server.stop() }
    let file = RemoteFile(
      name: "file.txt", url: server.url, size: Self.content.count, sha256: Self.sum(Self.content))
    try test(server, DownloadCache(folder: folder), file)
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func files(_ cache: DownloadCache) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: cache.folder).sorted()
  }

  private func reason(_ work: () throws(DownloadError) -> Void) -> DownloadError.Reason? {
    do throws(DownloadError) {
      try work()
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func aFileIsFetchedOnceAndWhole() throws {
    try with { server, cache, file in
      let path = try cache.path(of: file)
      #expect(try bytes(path) == Self.content)
      #expect(try cache.path(of: file) == path)
      #expect(server.requests == ["all"])
      #expect(try files(cache) == ["file.txt"])
    }
  }

  @Test func anAttemptGoesOnWhereTheLastOneBrokeOff() throws {
    try with(.init(content: Self.content, breaksAfter: 70_000)) { server, cache, file in
      let first = reason { () throws(DownloadError) in _ = try cache.path(of: file) }
      if case .unreachable = first {} else { Issue.record("\(String(describing: first))") }
      #expect(try files(cache) == ["file.txt.part"])
      let kept = try bytes(cache.folder + "/file.txt.part")
      #expect(kept.count <= 70_000 && kept == Array(Self.content.prefix(kept.count)))
      server.behave { $0.breaksAfter = nil }
      #expect(try bytes(cache.path(of: file)) == Self.content)
      #expect(server.requests == ["all", kept.isEmpty ? "all" : "\(kept.count)-"])
      #expect(try files(cache) == ["file.txt"])
    }
  }

  @Test func aServerThatKnowsNoRangesIsAskedForNothingMore() throws {
    try with(.init(content: Self.content, knowsRanges: false)) { server, cache, file in
      try begin(cache, Array(Self.content.prefix(1234)))
      #expect(try bytes(cache.path(of: file)) == Self.content)
      #expect(server.requests == ["1234-"])
    }
  }

  @Test func aBeginningOfAnotherFileIsFetchedAnew() throws {
    try with { server, cache, file in
      try begin(cache, [1, 2, 3])
      #expect(try bytes(cache.path(of: file)) == Self.content)
      #expect(server.requests == ["3-", "all"])
    }
    try with { server, cache, file in
      try begin(cache, Self.content + [0])
      #expect(try bytes(cache.path(of: file)) == Self.content)
      #expect(server.requests == ["all"])
    }
  }

  private func begin(_ cache: DownloadCache, _ bytes: [UInt8]) throws {
    try FileManager.default.createDirectory(
      atPath: cache.folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: cache.folder + "/file.txt.part"))
  }

  @Test func anotherChecksumIsRefusedAndNothingKept() throws {
    var other = Self.content
    other[100_000] ^= 1
    try with(.init(content: other)) { _, cache, file in
      let found = reason { () throws(DownloadError) in _ = try cache.path(of: file) }
      #expect(found == .checksum(expected: file.sha256, found: Self.sum(other)))
      let kept = try bytes(cache.folder + "/file.txt.part")
      #expect(kept.isEmpty)
    }
  }

  @Test(arguments: [false, true])
  func anotherSizeIsRefused(hidesLength: Bool) throws {
    for size in [199_999, 300_000] {
      let other = (0..<size).map { Self.content[$0 % 200_000] }
      try with(.init(content: other, hidesLength: hidesLength)) { _, cache, file in
        let found = reason { () throws(DownloadError) in _ = try cache.path(of: file) }
        guard case .size(200_000, let size) = found else {
          Issue.record("\(String(describing: found))")
          return
        }
        #expect(size == other.count || hidesLength && size > 200_000)
        let names = try files(cache)
        #expect(!names.contains("file.txt"))
      }
    }
  }

  @Test func aMissingFileAndARefusedConnectionAreOneClearLine() throws {
    try with(.init(content: Self.content, status: 404)) { server, cache, file in
      func message() -> String {
        do throws(DownloadError) {
          return try cache.path(of: file)
        } catch {
          return error.description
        }
      }
      #expect(message() == "\(server.url): cannot be fetched: the server answered 404")
      server.stop()
      let refused = message()
      #expect(refused.hasPrefix("\(server.url): cannot be fetched: "))
      #expect(!refused.contains("\n"))
    }
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    try with { _, cache, file in
      try begin(cache, [])
      let inside = DownloadCache(folder: cache.folder + "/file.txt.part/cache")
      let found = reason { () throws(DownloadError) in _ = try inside.path(of: file) }
      guard case .cache(inside.folder, _) = found else {
        Issue.record("\(String(describing: found))")
        return
      }
    }
  }

  @Test func theCacheIsTheUsersOwn() {
    #expect(DownloadCache(environment: ["XDG_CACHE_HOME": "/c"]).folder == "/c/swift-rnn")
    let home = DownloadCache(environment: ["HOME": "/home/a", "XDG_CACHE_HOME": "relative"]).folder
    #if os(macOS)
      #expect(home == "/home/a/Library/Caches/swift-rnn")
    #else
      #expect(home == "/home/a/.cache/swift-rnn")
    #endif
  }

  @Test func corporaAreFetchedByName() throws {
    try with { _, cache, _ in
      try FileManager.default.createDirectory(
        atPath: cache.folder, withIntermediateDirectories: true)
      // A file of the right size in the cache is the file.
      let plays = String(repeating: "All the world's a stage.\n", count: 44_616)
      let text = String(plays.prefix(RemoteFile.shakespeare.size))
      try Data(text.utf8).write(to: URL(fileURLWithPath: cache.folder + "/shakespeare.txt"))
      let corpora = CorpusRegistry.downloading(to: cache)
      let corpus = try corpora.corpus("shakespeare")
      #expect(try corpus.read().text == text)
      #expect(try corpora.corpus("timemachine:/a/b").name == "timemachine")
      #expect(throws: DatasetError.self) { try corpora.corpus("shakespeare:x") }
      #expect(corpora.entries.map(\.name).contains("tales"))
    }
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func checksumsAreThoseOfTheStandard(text: String, digits: String) {
    #expect(Self.sum(Array(text.utf8)) == digits)
    var piecewise = SHA256()
    for byte in text.utf8 { piecewise.update([byte]) }
    #expect(piecewise.hexadecimal == digits)
  }

  @Test func aMillionLettersHaveTheStandardsChecksum() {
    #expect(
      Self.sum([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
