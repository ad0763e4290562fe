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

  /// Computes the statistics of all elements, block by block: as numbers they can take eight times their bytes.
  public var statistics: Statistics {
    var result = Statistics()
    var (minimum, maximum, squares) = (Double.infinity, -Double.infinity, 0.0)
    for first in stride(from: 0, to: count, by: Self.blockSize) {
      let elements = first..<min(first + Self.blockSize, count)
      let width = elementType.width
      let block = StoredArray(
        elementType: elementType, shape: [elements.count],
        bytes: Array(bytes[elements.lowerBound * width..<elements.upperBound * width]))
      for value in block.doubles {
        guard value.isFinite else {
          result.nonFinite += 1
          continue
        }
        if value == 0 { result.zeros += 1 }
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        squares += value * value
      }
    }
    if minimum <= maximum { (result.minimum, result.maximum) = (minimum, maximum) }
    result.norm = squares.squareRoot()
    return result
  }

  private static let blockSize = 1 << 14
}
