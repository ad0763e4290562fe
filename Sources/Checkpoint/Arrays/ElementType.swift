/// The type of one element of a stored array. Raw values are those of the `.rnnz` format.
public enum ElementType: UInt8, Sendable, Hashable, CaseIterable {
  case float32 = 0
  case float64 = 1
  case float16 = 2
  /// The upper half of a `float32`.
  case bfloat16 = 3
  case int32 = 4
  case int64 = 5
  case uint8 = 6
  case uint32 = 7
  case uint64 = 8
  case int8 = 9
  /// One byte, 0 or 1.
  case bool = 10
  case int16 = 11
  case uint16 = 12

  /// Bytes per element.
  public var width: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .uint8, .int8, .bool: 1
    }
  }
}

extension ElementType: CustomStringConvertible {
  /// The name as Swift and NumPy write it, for example `float32`.
  public var description: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .int8: "int8"
    case .bool: "bool"
    case .int16: "int16"
    case .uint16: "uint16"
    }
  }
}
