import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

private let requested = Atomic<Bool>(false)

/// Ctrl-C and the system's request to end, turned into a question that a program asks when it suits it.
///
/// The first signal is remembered; the second one ends the program as signals do.
public enum Interruption {
  /// Whether someone has asked the program to end.
  public static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Listens from now on, even if whoever started the program had blocked the signals.
  public static func listen() {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { received in
        requested.store(true, ordering: .relaxed)
        _ = signal(received, SIG_DFL)
      }
    }
  }
}
