public import TensorCore

extension CheckpointReader {
  /// The format of the model's weights: int8 if some have scales, bf16 if some matrices are of it, else float32.
  public var weightFormat: WeightFormat {
    if entries.contains(where: { $0.key.section == .scales }) { return .int8 }
    let isHalf = entries.contains {
      $0.key.section == .model && $0.elementType == .bfloat16 && $0.shape.count == 2
    }
    return isHalf ? .bfloat16 : .float32
  }

  /// Throws `notTrainable` unless the weights are float32.
  public func requireTrainable() throws(CheckpointError) {
    guard weightFormat == .float32 else { throw fail(.notTrainable(weightFormat)) }
  }

  /// The scales of a matrix's rows; nil for a tensor without. Rule 28.
  func scales(
    of name: String, _ elementType: ElementType, _ shape: [Int]
  ) throws(CheckpointError) -> [Float]? {
    guard contains(.scales, name) else { return nil }
    let key = Checkpoint.Key(.scales, name)
    guard elementType == .int8, shape.count == 2 else {
      throw fail(.scales(key, expected: "a matrix of int8", found: "\(elementType) \(shape)"))
    }
    let array = try array(.scales, name)
    guard array.shape == [shape[0]], let scales = array.values(as: Float.self) else {
      throw fail(
        .scales(
          key, expected: "float32 [\(shape[0])]", found: "\(array.elementType) \(array.shape)"))
    }
    if let wrong = scales.first(where: { !$0.isFinite || $0 < 0 }) {
      throw fail(.scales(key, expected: "finite scales of at least 0", found: "\(wrong)"))
    }
    return scales
  }

  /// A weight as the numbers that it stands for: int8 with scales in float32, everything else as it is stored.
  func weight(_ name: String) throws(CheckpointError) -> StoredArray {
    let array = try array(.model, name)
    guard let scales = try scales(of: name, array.elementType, array.shape) else { return array }
    return array.encodedTensor(scales: scales).map { StoredArray($0) } ?? array
  }
}
