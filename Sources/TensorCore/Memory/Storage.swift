import Requirements
import Synchronization

/// The memory of a tensor: `count` floats, aligned to 64 bytes, from the pool.
///
/// Its contents are undefined at first. The storage of a declared parameter has no memory: it holds the
/// parameter's initializer. A writer must hold the only reference to it, or the only one that is read; that
/// makes it safe to send between threads.
package final class Storage: @unchecked Sendable {
  package let count: Int
  /// Nil for a declared parameter.
  private let memory: UnsafeMutablePointer<Float>?
  /// A declared parameter's initializer; nil for all other storage.
  let initializer: (any ParameterInitializer)?
  /// A number that identifies these contents: different for other memory and after every write. Caches of
  /// values computed from the contents, such as packed weights, compare it.
  ///
  /// A writer holds the only reference, so that the run-time check of exclusive access would only cost time.
  @exclusivity(unchecked) package private(set) var stamp = nextStamp()

  package init(count: Int) {
    require(count >= 0, "a tensor cannot have \(count) elements")
    self.count = count
    memory = BlockLists.shared.take(count)
    initializer = nil
  }

  /// The storage of a declared parameter: no memory.
  init(declaring count: Int, _ initializer: some ParameterInitializer) {
    self.count = count
    self.initializer = initializer
    memory = nil
  }

  /// The address of the first element, valid while the storage is alive.
  var pointer: UnsafeMutablePointer<Float> {
    guard let memory else {
      failure("a parameter of \(count) numbers was used before it was initialized or loaded")
    }
    return memory
  }

  /// Gives the contents a new stamp, because they are about to change.
  func willChange() { stamp = nextStamp() }

  deinit { if let memory { BlockLists.shared.give(memory, count) } }
}

private let stamps = Atomic<UInt64>(0)

private func nextStamp() -> UInt64 {
  stamps.wrappingAdd(1, ordering: .relaxed).newValue
}
