import FileCore
import Synchronization

private let requested = Atomic<Bool>(false)

/// The signals of Ctrl-C, of `kill` and of a closed terminal (SIGINT, SIGTERM, SIGHUP) as a flag that training checks
/// between steps. The first signal sets the flag; the second one ends the process.
package enum Interruption {
  /// Whether a signal has arrived.
  package static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Lets the signals through, which a parent process may have blocked. Until ``listen()`` the first one ends the process.
  package static func allow() { System.allowInterruption() }

  /// Handles the signals from now on.
  package static func listen() {
    System.onInterruption { number in
      requested.store(true, ordering: .relaxed)
      System.restoreDefault(of: number)
    }
  }
}
