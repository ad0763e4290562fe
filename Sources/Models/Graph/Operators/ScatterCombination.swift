import Checkpoint
import TensorCore

/// What becomes of an element of an array when another one is put at its place.
enum ScatterCombination: String {
  case replaces = "none"
  case sum = "add"
  case product = "mul"
  case maximum = "max"
  case minimum = "min"

  fileprivate func callAsFunction<Number: FloatingPoint>(_ old: Number, _ new: Number) -> Number {
    switch self {
    case .replaces: new
    case .sum: old + new
    case .product: old * new
    case .maximum: larger(old, new)
    case .minimum: smaller(old, new)
    }
  }

  /// - Parameter isUnsigned: whether the integers are bit patterns of unsigned ones.
  fileprivate func callAsFunction(_ old: Int64, _ new: Int64, isUnsigned: Bool) -> Int64 {
    let isLarger =
      isUnsigned ? UInt64(bitPattern: new) > UInt64(bitPattern: old) : new > old
    return switch self {
    case .replaces: new
    case .sum: old &+ new
    case .product: old &* new
    case .maximum: isLarger ? new : old
    case .minimum: isLarger ? old : new
    }
  }
}

extension GraphValue {
  /// The array with updates of the same type at offsets inside it, one after the other.
  func scattering(
    _ updates: GraphValue, at offsets: [Int], _ combination: ScatterCombination,
    _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    try run.count(of: shape)
    guard combination == .replaces || elementType != .bool else {
      throw GraphFailure(expected: "numbers to combine", found: elementType)
    }
    func scattered<Element>(
      _ values: [Element], _ updates: [Element], _ combine: (Element, Element) -> Element
    ) -> [Element] {
      var result = values
      for (offset, update) in zip(offsets, updates) {
        result[offset] = combine(result[offset], update)
      }
      return result
    }
    switch (elements, updates.elements) {
    case (.floats(let tensor), .floats(let new)):
      let result = scattered(tensor.scalars, new.scalars) { combination($0, $1) }
      return GraphValue(Tensor(result, shape: shape), as: elementType)
    case (.doubles(let values), .doubles(let new)):
      return GraphValue(scattered(values, new) { combination($0, $1) }, shape: shape)
    case (.integers(let values), .integers(let new)):
      let isUnsigned = elementType == .uint64
      return GraphValue(
        scattered(values, new) { combination($0, $1, isUnsigned: isUnsigned) }, shape: shape,
        as: elementType)
    default: throw GraphFailure(expected: "\(elementType)", found: updates.elementType)
    }
  }
}
