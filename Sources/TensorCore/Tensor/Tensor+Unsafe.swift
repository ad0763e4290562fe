extension Tensor {
  /// Calls `body` with the address of the first element, valid during the call.
  package func withUnsafePointer<Result>(
    _ body: (UnsafePointer<Float>) throws -> Result
  ) rethrows -> Result {
    try storage.withPointer { try body(UnsafePointer($0)) }
  }

  /// Calls `body` with the address of the first element for reading and writing, after a copy if
  /// the memory is shared. The tensor must not be tracked: a tape records no write.
  package mutating func withUnsafeMutablePointer<Result>(
    _ body: (UnsafeMutablePointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withPointers(writableElements()) { try body($0) }
  }

  /// The address of ``writableElements()``, valid while the tensor is alive and not changed otherwise.
  mutating func writablePointer() -> UnsafeMutablePointer<Float> {
    prepareWriting()
    return storage.pointer
  }
}

extension [Tensor] {
  /// Whether these are copies of other tensors, tracked in the same places if at all.
  package func areSame(as others: [Tensor]) -> Bool {
    // Copies of an array share its memory.
    let areOne = withUnsafeBufferPointer { tensors in
      others.withUnsafeBufferPointer { tensors.baseAddress == $0.baseAddress }
    }
    return count == others.count
      && (areOne || indices.allSatisfy { self[$0].isSame(as: others[$0]) })
  }
}
