public import TensorCore

extension StoredArray {
  /// The elements of a tensor, as `float32`.
  public init(_ tensor: Tensor) {
    let bytes = tensor.withUnsafePointer { pointer in
      Array(UnsafeRawBufferPointer(start: pointer, count: tensor.count * ElementType.float32.width))
    }
    self.init(elementType: .float32, shape: tensor.shape, bytes: bytes)
  }

  /// The elements as a tensor: bit-exact for `float32`, converted like ``floats`` for other types.
  public var tensor: Tensor {
    guard elementType == .float32 else { return Tensor(floats, shape: shape) }
    var tensor = Tensor(uninitialized: shape)
    tensor.withUnsafeMutablePointer { pointer in
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(start: pointer, count: $0.count).copyMemory(from: $0)
      }
    }
    return tensor
  }
}
