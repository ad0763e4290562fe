/// A storage of a `.pt` file: the numbers that tensors are views of.
struct TorchStorage: Hashable, Sendable {
  /// The name of its entry in the archive, under `data`.
  var key: String
  var elementType: ElementType
  /// The number of elements.
  var count: Int
}

/// A tensor of a `.pt` file: a view of a storage.
struct TorchTensor: Hashable, Sendable {
  var storage: TorchStorage
  /// The index of the first element in the storage.
  var offset: Int
  var shape: [Int]
  /// The stride of each axis, in elements.
  var strides: [Int]

  /// The highest rank: PyTorch's limit.
  private static let maximumRank = 64

  /// Nil unless all elements lie in the storage and the tensor has no more elements than the storage.
  init?(storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]) {
    guard shape.count == strides.count, shape.count <= Self.maximumRank,
      shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), offset >= 0,
      let size = StoredArray.byteCount(shape: shape, elementType: storage.elementType),
      size / storage.elementType.width <= storage.count
    else { return nil }
    var last = offset
    for (extent, stride) in zip(shape, strides) where extent > 0 {
      let (distance, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(distance)
      guard !overflow, !sumOverflow else { return nil }
      last = sum
    }
    guard size == 0 ? offset <= storage.count : last < storage.count else { return nil }
    self.storage = storage
    self.offset = offset
    self.shape = shape
    // The stride of an axis of one element has no effect.
    self.strides = zip(shape, strides).map { $0 > 1 ? $1 : 0 }
  }

  /// The tensor's elements, copied from the storage's bytes.
  func array(of bytes: [UInt8]) -> StoredArray {
    StoredArray(
      elementType: storage.elementType, shape: shape, strides: strides, offset: offset, of: bytes)
  }
}
