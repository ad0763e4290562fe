import Requirements
import Synchronization

/// The memory of a tensor: `count` floats, aligned to 64 bytes, from the pool.
///
/// Its contents are undefined at first. The storage of a declared parameter has no memory: it holds the
/// parameter's initializer. That of an encoded matrix, which is only read, gets its floats when they are asked for.
///
/// `@unchecked Sendable`: a writer must hold the only reference to it, or the only one that is read.
package final class Storage: @unchecked Sendable {
  package let count: Int
  /// Nil for a declared parameter and an encoded matrix.
  private let memory: UnsafeMutablePointer<Float>?
  /// What there is instead of memory.
  private let substitute: Substitute?
  /// A number that identifies these contents: different for other memory and after every write. Caches of
  /// values computed from the contents, such as packed weights, compare it.
  ///
  /// A writer holds the only reference, so that the run-time check of exclusive access would only cost time.
  @exclusivity(unchecked) package private(set) var stamp = nextStamp()

  package init(count: Int) {
    require(count >= 0, "a tensor cannot have \(count) elements")
    self.count = count
    memory = BlockLists.shared.take(count)
    substitute = nil
  }

  /// The storage of a declared parameter: no memory.
  init(declaring count: Int, _ initializer: some ParameterInitializer) {
    self.count = count
    substitute = Substitute(initializer: initializer, contents: nil)
    memory = nil
  }

  /// The storage of an encoded matrix: only to be read.
  init(_ matrix: EncodedMatrix) {
    count = matrix.rows * matrix.columns
    substitute = Substitute(initializer: nil, contents: EncodedContents(matrix))
    memory = nil
  }

  /// A declared parameter's initializer; nil for all other storage.
  var initializer: (any ParameterInitializer)? { substitute?.initializer }

  private var contents: EncodedContents? { substitute?.contents }

  /// The contents in panels of weights; nil where they are floats.
  package var encoded: EncodedMatrix? { contents?.matrix }

  /// Whether there are floats in memory: an encoded matrix has them only if something but a product asked for them.
  package var hasFloats: Bool { memory != nil || contents?.isDecoded == true }

  /// The address of the first element, valid while the storage is alive.
  var pointer: UnsafeMutablePointer<Float> {
    guard let memory else { return decodedPointer }
    return memory
  }

  private var decodedPointer: UnsafeMutablePointer<Float> {
    guard let contents else {
      failure("a parameter of \(count) numbers was used before it was initialized or loaded")
    }
    return contents.floats.pointer
  }

  /// Gives the contents a new stamp, because they are about to change.
  func willChange() { stamp = nextStamp() }

  deinit { if let memory { BlockLists.shared.give(memory, count) } }
}

/// What a storage without memory has: one object, so that all others are small.
private final class Substitute: Sendable {
  let initializer: (any ParameterInitializer)?
  let contents: EncodedContents?

  init(initializer: (any ParameterInitializer)?, contents: EncodedContents?) {
    (self.initializer, self.contents) = (initializer, contents)
  }
}

/// An encoded matrix, and its floats from their first use on.
private final class EncodedContents: Sendable {
  let matrix: EncodedMatrix
  private let decoded = Guarded<Storage?>(nil)

  init(_ matrix: EncodedMatrix) { self.matrix = matrix }

  var isDecoded: Bool { decoded.withLock { $0 != nil } }

  /// Two threads that ask for them at once may both decode; the first one's floats are kept.
  var floats: Storage {
    if let known = decoded.withLock({ $0 }) { return known }
    let new = Storage(count: matrix.rows * matrix.columns)
    matrix.decode(0..<matrix.rows, into: Floats(new))
    return decoded.withLock { known in
      let kept = known ?? new
      known = kept
      return kept
    }
  }
}

private let stamps = Atomic<UInt64>(0)

private func nextStamp() -> UInt64 {
  stamps.wrappingAdd(1, ordering: .relaxed).newValue
}
