#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A program that is started and, after its first output, ended.
struct ChildProgram {
  /// Why a program could not be measured.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let path: String

  /// One of the package's programs, in the directory of the running program.
  static func besideThisOne(_ name: String) throws -> ChildProgram {
    let own = try ownPath()
    let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    let path = folder + "/" + name
    guard access(path, X_OK) == 0 else {
      throw Failure(
        description: "\(path): expected the program \(name), found nothing; build it first: "
          + "swift build -c release --product \(name)")
    }
    return ChildProgram(path: path)
  }

  private static func ownPath() throws -> String {
    #if os(Linux)
      let link = "/proc/self/exe"
    #else
      let link = CommandLine.arguments[0]
    #endif
    guard let resolved = realpath(link, nil) else {
      throw Failure(description: "\(link): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Starts the program and returns after its first byte of output; throws if it ends without output.
  func runUntilItWrites(_ arguments: [String]) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Failure(description: "no pipe for \(path)") }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    var strings = ([path] + arguments).map { strdup($0) }
    strings.append(nil)
    defer { for string in strings { free(string) } }
    var child = pid_t()
    let status = posix_spawn(&child, path, &actions, nil, strings, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard status == 0 else {
      throw Failure(description: "\(path): \(String(cString: strerror(status)))")
    }
    var byte: UInt8 = 0
    let count = read(ends[0], &byte, 1)
    kill(child, SIGKILL)
    waitpid(child, nil, 0)
    guard count == 1 else {
      throw Failure(description: "\(path) ended before it wrote a character")
    }
  }
}
