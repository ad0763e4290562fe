// The benchmarks' own system calls, beside those for files in `FileCore`.
import FileCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension System {
  /// The number of processors that this process may use.
  static var processors: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// The seconds that this process's threads have spent on processors.
  static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// The peak resident memory of this process in bytes, where the system counts in bytes; else nil.
  static var peakResidentBytes: Int? {
    #if canImport(Darwin)
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #else
      return nil
    #endif
  }

  /// The start of the paths of this process's temporary files.
  static var temporaryPath: String {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    return "\(folder)/swift-rnn-bench-\(getpid())-"
  }

  /// Deletes a file.
  static func delete(_ path: String) { unlink(path) }

  /// Whether a file can be run.
  static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  /// Runs a program until it has written a byte, then ends it: whether it wrote one; nil and a ``code`` where it does not
  /// start.
  static func runUntilItWrites(_ path: String, _ arguments: [String]) -> Bool? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    var actions = SpawnActions()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    let child = spawn(path, arguments, &actions)
    close(ends[1])
    defer { close(ends[0]) }
    guard let child else { return nil }
    var byte: UInt8 = 0
    let count = read(ends[0], &byte, 1)
    end(child)
    return count == 1
  }

  /// Starts a process that uses a processor until it is ended, or this process has ended; nil and a ``code`` where it
  /// does not start.
  static func startBusyProcess() -> pid_t? {
    let loop = "while kill -0 $PPID; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done"
    return spawn("/bin/sh", ["-c", loop], nil)
  }

  /// Ends a child process.
  static func end(_ child: pid_t) {
    kill(child, SIGKILL)
    waitpid(child, nil, 0)
  }

  #if canImport(Darwin)
    private typealias SpawnActions = Optional<posix_spawn_file_actions_t>
  #else
    private typealias SpawnActions = posix_spawn_file_actions_t
  #endif

  private static func spawn(
    _ path: String, _ arguments: [String], _ actions: UnsafePointer<SpawnActions>?
  ) -> pid_t? {
    var strings = ([path] + arguments).map { strdup($0) }
    strings.append(nil)
    defer { for string in strings { free(string) } }
    var child = pid_t()
    let status = posix_spawn(&child, path, actions, nil, strings, environ)
    if status != 0 { errno = status }
    return status == 0 ? child : nil
  }
}
