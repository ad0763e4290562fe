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
}
