extension StoredArray {
  /// What the elements are like.
  public struct Statistics: Sendable, Hashable {
    /// The least and the greatest finite element; zero where there is none.
    public internal(set) var (minimum, maximum) = (0.0, 0.0)
    /// The root of the sum of the squares of the finite elements.
    public internal(set) var norm = 0.0
    /// How many elements are zero.
    public internal(set) var zeros = 0
    /// How many elements are infinite or not a number.
    public internal(set) var nonFinite = 0
  }

  /// Looks at every element.
  public var statistics: Statistics {
    switch elementType {
    case .float64: statistics(values(as: Double.self) ?? [])
    case .int64: statistics((values(as: Int64.self) ?? []).map { Double($0) })
    case .uint64: statistics((values(as: UInt64.self) ?? []).map { Double($0) })
    case .int32: statistics((values(as: Int32.self) ?? []).map { Double($0) })
    case .uint32: statistics((values(as: UInt32.self) ?? []).map { Double($0) })
    case .float32, .float16, .bfloat16, .uint8, .int8, .bool: statistics(floats)
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
