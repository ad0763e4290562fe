extension StoredArray {
  /// Statistics of the elements.
  public struct Statistics: Sendable, Hashable {
    /// The smallest and the largest finite element; 0 if there is none.
    public internal(set) var (minimum, maximum) = (0.0, 0.0)
    /// The L2 norm of the finite elements.
    public internal(set) var norm = 0.0
    /// The number of zeros.
    public internal(set) var zeros = 0
    /// The number of infinite or NaN elements.
    public internal(set) var nonFinite = 0
  }

  /// Computes the statistics of all elements.
  public var statistics: Statistics {
    switch elementType {
    case .float64: statistics(values(as: Double.self) ?? [])
    case .int64: statistics((values(as: Int64.self) ?? []).map { Double($0) })
    case .uint64: statistics((values(as: UInt64.self) ?? []).map { Double($0) })
    case .int32: statistics((values(as: Int32.self) ?? []).map { Double($0) })
    case .uint32: statistics((values(as: UInt32.self) ?? []).map { Double($0) })
    case .float32, .float16, .bfloat16, .uint8, .int8, .int16, .uint16, .bool:
      statistics(floats)
    }
  }

  private func statistics<Number: BinaryFloatingPoint>(_ numbers: [Number]) -> Statistics {
    var result = Statistics()
    var (minimum, maximum, squares) = (Double.infinity, -Double.infinity, 0.0)
    for number in numbers {
      let value = Double(number)
      guard value.isFinite else {
        result.nonFinite += 1
        continue
      }
      if value == 0 { result.zeros += 1 }
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      squares += value * value
    }
    if minimum <= maximum { (result.minimum, result.maximum) = (minimum, maximum) }
    result.norm = squares.squareRoot()
    return result
  }
}
