public import TensorCore

extension StoredArray {
  /// The elements of a tensor, as `float32`.
  public init(_ tensor: Tensor) {
    let bytes = tensor.withUnsafePointer { pointer in
      Array(UnsafeRawBufferPointer(start: pointer, count: tensor.count * ElementType.float32.width))
    }
    self.init(elementType: .float32, shape: tensor.shape, bytes: bytes)
  }

  /// The elements as a matrix in its own format: of bf16 numbers, or of int8 with scales; nil for anything else.
  func encodedTensor(scales: [Float]?) -> Tensor? {
    let format: WeightFormat = scales == nil ? .bfloat16 : .int8
    guard shape.count == 2, count > 0, scales != nil || elementType == .bfloat16 else { return nil }
    return Tensor(
      EncodedMatrix(
        rows: shape[0], columns: shape[1], format: format, bytes: bytes, scales: scales ?? []))
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
