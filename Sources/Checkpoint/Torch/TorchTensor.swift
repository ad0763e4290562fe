/// A storage of a `.pt` file: the numbers that tensors are views of.
struct TorchStorage: Hashable, Sendable {
  /// Its key: the name of its entry in an archive, under `data`.
  var key: String
  var elementType: ElementType
  /// The number of elements.
  var count: Int
  /// The part of the elements that is this storage, in files of before PyTorch 1.6; nil for all of them.
  var view: Range<Int>?

  /// The size of all elements in bytes; nil if it overflows.
  var byteCount: Int? {
    let (size, overflow) = count.multipliedReportingOverflow(by: elementType.width)
    return overflow ? nil : size
  }
}

/// A tensor of a `.pt` file: a view of a storage.
struct TorchTensor: Hashable, Sendable {
  var storage: TorchStorage
  /// The index of the first element in the storage.
  var offset: Int
  var shape: [Int]
  /// The stride of each axis, in elements; 0 repeats the same elements along the axis.
  var strides: [Int]
  /// The size in bytes.
  let byteCount: Int

  /// The highest rank: PyTorch's limit.
  static let maximumRank = 64

  /// Nil unless all elements lie in the storage.
  init?(storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]) {
    let part = storage.view ?? 0..<storage.count
    guard shape.count == strides.count, shape.count <= Self.maximumRank,
      shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), offset >= 0,
      let size = StoredArray.byteCount(shape: shape, elementType: storage.elementType)
    else { return nil }
    var last = offset
    for (extent, stride) in zip(shape, strides) where extent > 0 {
      let (distance, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(distance)
      guard !overflow, !sumOverflow else { return nil }
      last = sum
    }
    guard size == 0 ? offset <= part.count : last < part.count else { return nil }
    self.storage = storage
    self.offset = part.lowerBound + offset
    self.shape = shape
    // The stride of an axis of one element has no effect.
    self.strides = zip(shape, strides).map { $0 > 1 ? $1 : 0 }
    byteCount = size
  }

  /// The tensor's elements, copied from the storage's bytes.
  func array(of bytes: [UInt8]) -> StoredArray {
    StoredArray(
      elementType: storage.elementType, shape: shape, strides: strides, offset: offset, of: bytes)
  }
}
