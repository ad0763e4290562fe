import FileCore
import TensorCore

/// The processes that run one command together, on one machine or on many. One of them prints for all.
package struct Peers: Sendable {
  /// Whether this process prints.
  package let speaks: Bool
  /// Ends this process together with the others: with nil after a success, else with the error, its status and its text,
  /// which one of the processes prints.
  package let end: @Sendable (_ error: (any Error)?, _ status: Int32, _ text: String) -> Never

  /// Those of this process; nil for a process of its own.
  package static let current = Guarded<Peers?>(nil)

  /// The processes of which this one is.
  package init(
    speaks: Bool,
    end: @escaping @Sendable (_ error: (any Error)?, _ status: Int32, _ text: String) -> Never
  ) {
    self.speaks = speaks
    self.end = end
  }

  /// Whether this process prints.
  static var speaks: Bool { current.withLock { $0?.speaks ?? true } }
}

extension Console {
  /// Writes to standard error, whichever process prints for all.
  package static func noteAlone(_ text: String) { _ = System.write(text, to: 2) }

  /// Writes to standard output, whichever process prints for all.
  package static func say(_ text: String) { _ = System.write(text, to: 1) }

  /// Ends this process with a status.
  package static func end(_ status: Int32) -> Never { System.end(status) }

  /// Ends this process at once: nothing is flushed or closed.
  package static func endAtOnce(_ status: Int32) -> Never { System.endAtOnce(status) }
}
