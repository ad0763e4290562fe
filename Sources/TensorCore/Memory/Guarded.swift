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
  @usableFromInline let lock: PlatformLock
  /// The lock already keeps every other access away, so that the run-time check of exclusive access would only cost time.
  @exclusivity(unchecked) @usableFromInline var value: Value

  package init(_ value: sending Value) {
    lock = PlatformLock()
    self.value = value
  }

  deinit { lock.destroy() }

  /// Calls `body` with the value while no other thread has it. The lock cannot be taken twice.
  ///
  /// It is inlined into other libraries, where it is then compiled for the value's type.
  @inlinable
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock.acquire()
    defer { lock.release() }
    return try body(&value)
  }
}

/// A lock of the system: a pthread mutex.
@usableFromInline
struct PlatformLock {
  private let handle: OpaquePointer

  init() {
    guard let handle = ctk_lock_create() else { failure("no memory for a lock") }
    self.handle = handle
  }

  @usableFromInline func acquire() { ctk_lock_acquire(handle) }
  @usableFromInline func release() { ctk_lock_release(handle) }
  func destroy() { ctk_lock_destroy(handle) }
}
