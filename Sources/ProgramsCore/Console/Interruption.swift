import FileCore
import Synchronization

private let requested = Atomic<Bool>(false)

/// Ctrl-C, the system's request to end and a closed terminal, turned into a question that a program asks when it suits it.
///
/// The first signal is remembered; the second one ends the program as signals do.
package enum Interruption {
  /// Whether someone has asked the program to end.
  package static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Listens from now on.
  package static func listen() {
    System.onInterruption { number in
      requested.store(true, ordering: .relaxed)
      System.restoreDefault(of: number)
    }
  }
}
