// The programs' own system calls, beside those for files in `FileCore`: the terminal, signals, the process.
import FileCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension System {
  // MARK: Terminal and output

  /// Whether a descriptor is a terminal.
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// The columns of a terminal as it is now; nil for anything else.
  static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Writes a whole text; the `errno` of a failure.
  static func write(_ text: String, to descriptor: Int32) -> Int32? {
    var text = text
    return text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
  }

  /// Writes all bytes; the `errno` of a failure.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
    var rest = bytes
    while !rest.isEmpty {
      let count = writeBytes(descriptor, rest)
      if count < 0, !wasInterrupted { return code }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(count, 0)))
    }
    return nil
  }

  /// Whether a code is that of a pipe without a reader.
  static func isClosedPipe(_ code: Int32) -> Bool { code == EPIPE }

  /// Puts `/dev/null` in the place of each closed standard descriptor, opened so that using it fails: no file that is
  /// opened later gets its number.
  static func occupyStandardDescriptors() {
    for (descriptor, mode) in [(Int32(0), O_WRONLY), (1, O_RDONLY), (2, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      // The lowest free number is this one: those below have been looked at already.
      _ = open("/dev/null", mode)
    }
  }

  // MARK: Files

  /// Opens a file for writing at its end, or emptied; -1 on failure.
  static func openForWriting(_ path: String, appends: Bool) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (appends ? O_APPEND : O_TRUNC), 0o666)
  }

  /// Makes a folder unless the path exists: 0, or -1.
  static func makeFolder(_ path: String) -> Int32 {
    mkdir(path, 0o777) == 0 || errno == EEXIST ? 0 : -1
  }

  /// Removes a file.
  package static func remove(_ path: String) { unlink(path) }

  /// Whether a name exists, be it a link to nothing.
  static func hasName(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Whether two paths lead to one file.
  static func isSameFile(_ path: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(path, &first) == 0 && stat(other, &second) == 0
      && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// The absolute path without links; nil if it does not exist.
  static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  // MARK: The process

  /// A variable of the environment; nil if it is not set or empty.
  static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Sets a variable of the environment, for this process and those that it starts.
  static func setEnvironment(_ name: String, to value: String) { setenv(name, value, 1) }

  /// The bytes of a memory page.
  static var pageSize: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

  /// Starts a program in a process group of its own, without input, its output and errors going to a descriptor: the process's
  /// ID; nil and a ``code`` on failure.
  static func start(_ path: String, _ arguments: [String], output: Int32) -> Int32? {
    #if canImport(Darwin)
      var (actions, attributes): (posix_spawn_file_actions_t?, posix_spawnattr_t?)
    #else
      var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    var strings = ([path] + arguments).map { strdup($0) }
    strings.append(nil)
    defer { for string in strings { free(string) } }
    var process = pid_t()
    let code = posix_spawn(&process, path, &actions, &attributes, strings, environ)
    guard code == 0 else {
      errno = code
      return nil
    }
    return process
  }

  /// The exit status of a child process that has ended; nil while it runs. It can be asked for once after the end.
  static func status(ofChild process: Int32) -> Int32? {
    var status: Int32 = 0
    guard waitpid(process, &status, WNOHANG) != 0 else { return nil }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }

  /// Sends a process the signal of Ctrl-C.
  static func interrupt(_ process: Int32) { kill(process, SIGINT) }

  /// Ends the process.
  static func end(_ status: Int32) -> Never { exit(status) }

  /// Ends the process without closing anything.
  static func endAtOnce(_ status: Int32) -> Never { _exit(status) }

  /// Ends the process as the system ends one that writes to a closed pipe.
  static func endByClosedPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(1)
  }

  /// Makes writing to a closed pipe an error of the write, so that no training is killed unsaved.
  static func ignoreClosedPipes() { signal(SIGPIPE, SIG_IGN) }

  /// The signals of Ctrl-C, of a request to end and of a closed terminal.
  private static let interruptions = [SIGINT, SIGTERM, SIGHUP]

  /// Lets these signals through, even if the parent process had blocked them.
  static func allowInterruption() {
    var set = sigset_t()
    sigemptyset(&set)
    for number in interruptions { sigaddset(&set, number) }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// Calls a function for the first Ctrl-C, request to end or closed terminal, even if the parent process had blocked the
  /// signals; the second one ends the process as signals do. A program that was started by `nohup` outlives its terminal.
  static func onInterruption(_ note: @convention(c) (Int32) -> Void) {
    allowInterruption()
    for number in interruptions where number != SIGHUP || !isIgnored(number) {
      _ = signal(number, note)
    }
  }

  /// Lets a signal end the process again.
  static func restoreDefault(of number: Int32) { _ = signal(number, SIG_DFL) }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #elseif canImport(Musl)
      let handler = action.__sa_handler.sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
