import Checkpoint
import TensorCore

/// A value of a graph: an array of one element type.
///
/// Floats of up to 32 bits are a tensor, rounded to their type after every operation; floats of 64 bits are computed
/// as `Double`. Integers and truth values are `Int64`, an unsigned integer of 64 bits by its bit pattern.
///
/// It never changes; a class, so that passing it on counts one reference and not those of its shape and elements.
package final class GraphValue: Sendable {
  /// The elements in row-major order.
  enum Elements: Sendable {
    /// float32, float16 or bfloat16.
    case floats(Tensor)
    /// float64.
    case doubles([Double])
    /// Integers, and 0 and 1 for truth values.
    case integers([Int64])
  }

  /// The type of every element.
  package let elementType: ElementType
  /// The size of each axis.
  package let shape: [Int]
  let elements: Elements

  /// The number of elements.
  var count: Int {
    switch elements {
    case .floats(let tensor): tensor.count
    case .doubles(let values): values.count
    case .integers(let values): values.count
    }
  }
  /// The number of axes.
  var rank: Int { shape.count }

  /// Floats, rounded to a type of 32 bits or fewer.
  init(_ tensor: Tensor, as type: ElementType = .float32) {
    elementType = type
    shape = tensor.shape
    elements = .floats(type == .float32 ? tensor : tensor.rounded(to: type))
  }

  /// Floats of 64 bits.
  init(_ values: [Double], shape: [Int]) {
    (elementType, self.shape, elements) = (.float64, shape, .doubles(values))
  }

  /// Integers, wrapped to their type; truth values must be 0 and 1.
  init(_ values: [Int64], shape: [Int], as type: ElementType = .int64) {
    (elementType, self.shape) = (type, shape)
    elements = .integers(type.width == 8 || type == .bool ? values : values.map(type.wrapped))
  }

  /// An array of a file.
  package init(_ array: StoredArray) {
    (elementType, shape) = (array.elementType, array.shape)
    switch array.elementType {
    case .float32, .float16, .bfloat16: elements = .floats(array.tensor)
    case .float64: elements = .doubles(array.values(as: Double.self) ?? [])
    default: elements = .integers(array.integers)
    }
  }

  /// The array as in a file.
  package var array: StoredArray {
    switch elements {
    case .floats(let tensor) where elementType == .float32:
      return StoredArray(tensor)
    case .floats(let tensor):
      let patterns = tensor.scalars.map { UInt16(pattern: $0, of: elementType) }
      let bytes = patterns.withUnsafeBytes { Array($0) }
      return StoredArray(elementType: elementType, shape: shape, bytes: bytes)
    case .doubles(let values): return StoredArray(values, shape: shape)
    case .integers(let values):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(values.count * elementType.width)
      for value in values {
        for index in 0..<elementType.width {
          bytes.append(UInt8(truncatingIfNeeded: value >> Int64(8 * index)))
        }
      }
      return StoredArray(elementType: elementType, shape: shape, bytes: bytes)
    }
  }

  /// The floats of 32 bits or fewer; nil for other types.
  package var tensor: Tensor? { if case .floats(let tensor) = elements { tensor } else { nil } }

  /// The integers; nil for other types and for truth values.
  var integers: [Int64]? {
    if case .integers(let values) = elements, elementType != .bool { values } else { nil }
  }

  /// The same elements in another shape, which must have as many.
  func reshaped(to shape: [Int]) -> GraphValue {
    switch elements {
    case .floats(let tensor):
      GraphValue(shape, elementType, .floats(Tensor(storage: tensor.storage, shape: shape)))
    case .doubles, .integers: GraphValue(shape, elementType, elements)
    }
  }

  private init(_ shape: [Int], _ type: ElementType, _ elements: Elements) {
    (self.shape, elementType, self.elements) = (shape, type, elements)
  }
}

extension ElementType {
  /// Whether its numbers are floats of 32 bits or fewer.
  var isTensor: Bool { self == .float32 || self == .float16 || self == .bfloat16 }
  /// Whether its numbers are floats.
  var isFloat: Bool { isTensor || self == .float64 }

  /// An integer modulo the type's range.
  func wrapped(_ value: Int64) -> Int64 {
    switch self {
    case .int8: Int64(Int8(truncatingIfNeeded: value))
    case .int16: Int64(Int16(truncatingIfNeeded: value))
    case .uint16: Int64(UInt16(truncatingIfNeeded: value))
    case .uint8: Int64(UInt8(truncatingIfNeeded: value))
    case .int32: Int64(Int32(truncatingIfNeeded: value))
    case .uint32: Int64(UInt32(truncatingIfNeeded: value))
    case .bool: value == 0 ? 0 : 1
    default: value
    }
  }

  /// A float as an integer of the type: towards zero, the nearest end of the range where it is outside, 0 for NaN.
  func integer(_ value: Double) -> Int64 {
    if self == .bool { return value == 0 ? 0 : 1 }
    if value.isNaN { return 0 }
    let whole = value.rounded(.towardZero)
    switch self {
    case .int8: return Int64(max(-128, min(127, whole)))
    case .int16: return Int64(max(-0x1p15, min(0x1p15 - 1, whole)))
    case .uint16: return Int64(max(0, min(0x1p16 - 1, whole)))
    case .uint8: return Int64(max(0, min(255, whole)))
    case .int32: return Int64(max(-0x1p31, min(0x1p31 - 1, whole)))
    case .uint32: return Int64(max(0, min(0x1p32 - 1, whole)))
    case .uint64:
      if whole >= 0x1p64 { return -1 }
      return whole <= 0 ? 0 : Int64(bitPattern: UInt64(whole))
    default:
      if whole >= 0x1p63 { return .max }
      return whole <= -0x1p63 ? .min : Int64(whole)
    }
  }
}

extension StoredArray {
  /// The elements of an array of integers or truth values.
  fileprivate var integers: [Int64] {
    switch elementType {
    case .int64: return values(as: Int64.self) ?? []
    case .int32: return (values(as: Int32.self) ?? []).map { Int64($0) }
    case .int8: return (values(as: Int8.self) ?? []).map { Int64($0) }
    case .int16: return (values(as: Int16.self) ?? []).map { Int64($0) }
    case .uint16: return (values(as: UInt16.self) ?? []).map { Int64($0) }
    case .uint32: return (values(as: UInt32.self) ?? []).map { Int64($0) }
    case .uint64: return (values(as: UInt64.self) ?? []).map { Int64(bitPattern: $0) }
    case .bool: return bytes.map { $0 == 0 ? 0 : 1 }
    default: return bytes.map { Int64($0) }
    }
  }
}

extension Tensor {
  /// A tensor whose elements `write` writes, all of them.
  init(writing shape: [Int], _ write: (UnsafeMutablePointer<Float>) -> Void) {
    self.init(uninitialized: shape)
    withUnsafeMutablePointer { write($0) }
  }

  /// The elements rounded to a type of 16 bits.
  fileprivate func rounded(to type: ElementType) -> Tensor {
    Tensor(writing: shape) { result in
      withUnsafePointer { source in
        for index in 0..<count {
          result[index] = Float(pattern: UInt16(pattern: source[index], of: type), of: type)
        }
      }
    }
  }
}

extension Float {
  /// The value of a 16-bit pattern of a type.
  init(pattern: UInt16, of type: ElementType) {
    self =
      type == .bfloat16 ? Float(bitPattern: UInt32(pattern) << 16) : Float(half: pattern)
  }
}

extension UInt16 {
  /// The pattern of the nearest number of a 16-bit type, ties to even.
  init(pattern value: Float, of type: ElementType) {
    self = type == .bfloat16 ? UInt16(brain: value) : UInt16(half: value)
  }

  private init(brain value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      self = UInt16(bits >> 16) | 0x40
    } else {
      self = UInt16(truncatingIfNeeded: (UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)) >> 16)
    }
  }

  private init(half value: Float) {
    let sign = UInt16(value.bitPattern >> 16) & 0x8000
    let magnitude = value.magnitude
    if value.isNaN {
      self = sign | 0x7E00
    } else if magnitude >= 65520 {  // half of the last place above the largest, 65504
      self = sign | 0x7C00
    } else if magnitude < 0x1p-14 {  // subnormal: multiples of 2^-24
      self = sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    } else {
      let bits = magnitude.bitPattern
      let rounded = bits + 0xFFF + (bits >> 13 & 1)
      self = sign | UInt16((rounded - 0x3800_0000) >> 13)
    }
  }
}
