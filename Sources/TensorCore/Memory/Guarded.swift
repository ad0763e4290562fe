internal import CTensorKernels
import Requirements

/// A value that threads share: it is read and changed only while its lock is held.
///
/// Hold the lock for a handful of instructions. Do long work outside: copy the inputs under the lock, compute
/// without it, and store the result under it.
///
/// The standard library's `Mutex` is the same in principle. On Linux it waits on a futex of its own, which the
/// thread sanitizer of Swift 6.3 does not know: it reports any two threads that use one `Mutex` as a race, and
/// real races drown in that. A pthread mutex it knows.
package final class Guarded<Value>: @unchecked Sendable {
  private let lock: OpaquePointer
  private var value: Value

  package init(_ value: sending Value) {
    guard let lock = ctk_lock_create() else { failure("no memory for a lock") }
    self.lock = lock
    self.value = value
  }

  deinit { ctk_lock_destroy(lock) }

  /// Calls `body` with the value while no other thread has it. The lock cannot be taken twice.
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    ctk_lock_acquire(lock)
    defer { ctk_lock_release(lock) }
    return try body(&value)
  }
}
