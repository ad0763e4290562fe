import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A call that breaks a promise of the public interface, and what the message about it must name.
struct WrongCall: Sendable {
  let name: String
  /// What was expected and what was found, as the message has them.
  let texts: [String]
  let body: @Sendable () throws -> Void

  init(_ name: String, _ texts: String..., body: @escaping @Sendable () throws -> Void) {
    self.init(name: name, texts: texts, body: body)
  }

  init(name: String, texts: [String], body: @escaping @Sendable () throws -> Void) {
    self.name = name
    self.texts = texts
    self.body = body
  }

  static let all =
    tensors + modules + layers + states + equations + learning + datasets + models
    + environment

  /// Makes the call. What it throws is written to standard error in one line, as a program would.
  func make() {
    do {
      try body()
    } catch {
      let line = Array("Fatal error: \(error)\n".utf8)
      _ = write(STDERR_FILENO, line, line.count)
      exit(EXIT_FAILURE)
    }
  }
}

/// In a release build too, every wrong call ends with a sentence that names what was expected and found.
/// Each is made in a process of its own.
@Suite struct WrongCallTests {
  @Test func namesAreDifferent() {
    #expect(Set(WrongCall.all.map { $0.name }).count == WrongCall.all.count)
  }

  @Test(arguments: WrongCall.all.map { $0.name }) func endsWithASentence(_ name: String)
    async throws
  {
    let call = try #require(WrongCall.all.first { $0.name == name })
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [name = name as String] in
      WrongCall.all.first { $0.name == name }?.make()
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("Fatal error: "), "the message is \(message)")
    for text in call.texts {
      #expect(message.contains(text), "the message lacks \(text): \(message)")
    }
  }
}
