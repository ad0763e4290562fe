import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

private let requested = Atomic<Bool>(false)

/// Ctrl-C, the system's request to end and a closed terminal, turned into a question that a program asks when it suits it.
///
/// The first signal is remembered; the second one ends the program as signals do.
enum Interruption {
  /// Whether someone has asked the program to end.
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Listens from now on, even if the parent process had blocked the signals. A program that was started by
  /// `nohup` outlives its terminal.
  static func listen() {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, number) }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      if number == SIGHUP, isIgnored(number) { continue }
      _ = signal(number) { received in
        requested.store(true, ordering: .relaxed)
        _ = signal(received, SIG_DFL)
      }
    }
  }

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
