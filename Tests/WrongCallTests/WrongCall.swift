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

  /// The calls of one part of the interface.
  enum Kind: String, Codable, CaseIterable {
    case tensors, modules, layers, states, equations, learning, datasets, models, environment

    var calls: [WrongCall] {
      switch self {
      case .tensors: WrongCall.tensors
      case .modules: WrongCall.modules
      case .layers: WrongCall.layers
      case .states: WrongCall.states
      case .equations: WrongCall.equations
      case .learning: WrongCall.learning
      case .datasets: WrongCall.datasets
      case .models: WrongCall.models
      case .environment: WrongCall.environment
      }
    }
  }

  /// Makes the call. What it throws is written to standard error in one line, as a program would.
  private func make() {
    do {
      try body()
    } catch {
      let line = Array("Fatal error: \(error)\n".utf8)
      _ = write(STDERR_FILENO, line, line.count)
      _exit(EXIT_FAILURE)
    }
  }

  /// Makes the call in a process forked from this one. The name alone if it ended with the right sentence.
  func verdict() -> String {
    var (ends, status): ([Int32], Int32) = ([0, 0], 0)
    guard pipe(&ends) == 0 else { return "\(name): no pipe" }
    let child = fork()
    if child == 0 {
      dup2(ends[1], STDERR_FILENO)
      make()
      _exit(EXIT_SUCCESS)
    }
    close(ends[1])
    var (message, block): ([UInt8], [UInt8]) = ([], Array(repeating: 0, count: 4096))
    while case let count = read(ends[0], &block, block.count), count > 0 {
      message += block[..<count]
    }
    close(ends[0])
    waitpid(child, &status, 0)
    let text = String(decoding: message, as: UTF8.self)
    guard status != 0 else { return "\(name): nothing went wrong" }
    for part in ["Fatal error: "] + texts where !text.contains(part) {
      return "\(name): the message lacks \(part): \(text)"
    }
    return name
  }
}

#if canImport(Darwin)
  /// The system's function, which the module Darwin hides.
  private let fork = unsafeBitCast(
    dlsym(UnsafeMutableRawPointer(bitPattern: -2), "fork"), to: (@convention(c) () -> pid_t).self)
#endif

/// In a release build too, every wrong call ends with a sentence that names what was expected and found.
///
/// Each is made in a process of its own. Starting the test runner for each takes a tenth of a second; so it is
/// started for each kind, before anything was computed, and divides itself for each call.
@Suite struct WrongCallTests {
  @Test func namesAreDifferent() {
    let names = WrongCall.Kind.allCases.flatMap { $0.calls.map(\.name) }
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: WrongCall.Kind.allCases)
  func everyCallEndsWithASentence(_ kind: WrongCall.Kind) async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      [kind = kind as WrongCall.Kind] in
      print(kind.calls.map { $0.verdict() }.joined(separator: "\n"))
    }
    let verdicts = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(verdicts == kind.calls.map { $0.name + "\n" }.joined())
  }
}
