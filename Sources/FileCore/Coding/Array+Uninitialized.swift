extension Array {
  /// An array whose elements `initializer` writes, `capacity` at most; it says how many.
  ///
  /// The standard library's initializer notes the count of an empty array, too: in the one that all threads share.
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
