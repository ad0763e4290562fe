#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a program that was run to its end.
struct Ending {
  /// The exit status, or nil if a signal ended it.
  var status: Int32?
  /// The lines of its standard output and standard error.
  var output: String
}

/// Runs a program, found by `PATH`, with its output in a file of `directory`.
func execute(_ arguments: [String], in directory: String) throws -> Ending {
  let log = "\(directory)/output"
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  posix_spawn_file_actions_adddup2(&actions, 1, 2)
  var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
  // One thread: the same system calls in the same order every time. The leak sanitizer does not work under strace.
  var variables: [UnsafeMutablePointer<CChar>?] = [
    strdup("PATH=/usr/local/bin:/usr/bin:/bin"), strdup("SWIFT_RNN_THREADS=1"),
    strdup("ASAN_OPTIONS=detect_leaks=0"),
  ]
  words.append(nil)
  variables.append(nil)
  defer { for word in words + variables { free(word) } }
  var process = pid_t()
  let code = posix_spawnp(&process, arguments[0], &actions, nil, words, variables)
  guard code == 0 else { throw FixtureError(description: "cannot run \(arguments[0])") }
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0 {
    guard errno == EINTR else { throw FixtureError(description: "\(arguments[0]) is gone") }
  }
  let text = String(decoding: try readFile(log), as: UTF8.self)
  return Ending(status: status & 0x7F == 0 ? status >> 8 & 0xFF : nil, output: text)
}

/// A program that was built beside the tests.
func builtProgram(_ name: String) -> String {
  let bundle = CommandLine.arguments[0]
  let folder = bundle.lastIndex(of: "/").map { String(bundle[..<$0]) } ?? "."
  return "\(folder)/\(name)"
}
