import Requirements
import Synchronization

/// The memory of a tensor: `count` floats, aligned to 64 bytes, from the pool.
///
/// Its contents are undefined at first. Whoever writes must hold the only reference to it (or the
/// only one that anybody reads): that is what makes it safe to send between threads.
package final class Storage: @unchecked Sendable {
  package let count: Int
  package let pointer: UnsafeMutablePointer<Float>
  /// Names these contents: another number for other memory and after every write. Who keeps something
  /// made of the contents, packed weights say, can tell by it whether they are still the same.
  package private(set) var stamp = nextStamp()

  package init(count: Int) {
    require(count >= 0, "a tensor cannot have \(count) elements")
    self.count = count
    pointer = BlockLists.shared.take(count)
  }

  /// Says that the contents are about to change.
  func willChange() { stamp = nextStamp() }

  deinit { BlockLists.shared.give(pointer, count) }
}

private let stamps = Atomic<UInt64>(0)

private func nextStamp() -> UInt64 {
  stamps.wrappingAdd(1, ordering: .relaxed).newValue
}
