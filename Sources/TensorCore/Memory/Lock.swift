internal import CTensorKernels
import Requirements

/// A lock that is held for a handful of instructions at a time. It is there to be shared by threads.
package final class Lock: @unchecked Sendable {
  private let handle: OpaquePointer

  package init() {
    guard let handle = ctk_lock_create() else { failure("no memory for a lock") }
    self.handle = handle
  }

  deinit { ctk_lock_destroy(handle) }

  /// Calls `body` while no other thread holds the lock. The lock cannot be taken twice.
  package func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    ctk_lock_acquire(handle)
    defer { ctk_lock_release(handle) }
    return try body()
  }
}
