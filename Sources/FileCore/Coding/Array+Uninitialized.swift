extension Array {
  /// An array whose elements, at most `capacity`, are written by `initializer`.
  ///
  /// With a capacity of 0 the standard library's initializer writes the count into the empty array that all threads
  /// share, a data race; this one asks for a capacity of at least 1.
  package init(
    uninitializedCapacity capacity: Int,
    initializingWith initializer: (
      _ buffer: inout UnsafeMutableBufferPointer<Element>, _ initializedCount: inout Int
    ) throws -> Void
  ) rethrows {
    try self.init(
      unsafeUninitializedCapacity: Swift.max(1, capacity), initializingWith: initializer)
  }
}
