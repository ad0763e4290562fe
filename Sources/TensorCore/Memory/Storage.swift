/// The memory of a tensor: `count` floats, aligned to 64 bytes, from the pool.
///
/// Its contents are undefined at first. Whoever writes must hold the only reference to it (or the
/// only one that anybody reads): that is what makes it safe to send between threads.
package final class Storage: @unchecked Sendable {
  package let count: Int
  package let pointer: UnsafeMutablePointer<Float>

  package init(count: Int) {
    require(count >= 0, "a tensor cannot have \(count) elements")
    self.count = count
    pointer = BlockLists.shared.take(count)
  }

  deinit { BlockLists.shared.give(pointer, count) }
}
