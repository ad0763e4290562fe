import FileCore
import Requirements
internal import TensorCore

#if _endian(big)
  #error("Files are little-endian; this code copies numbers without swapping their bytes.")
#endif

/// A dense array of any element type as in a file: row-major, little-endian, bit-exact.
///
/// ```swift
/// let step = StoredArray(UInt64(1500))
/// let lengths = StoredArray([7, 3, 5] as [Int64])
/// lengths.values(as: Int64.self)  // [7, 3, 5]
/// lengths.values(as: Int32.self)  // nil: the array holds int64
/// lengths.floats                  // [7.0, 3.0, 5.0]
/// ```
public struct StoredArray: Sendable, Hashable {
  /// The type of every element.
  public let elementType: ElementType
  /// The size of each axis; empty for a scalar.
  public let shape: [Int]
  /// The elements in row-major order: `count * elementType.width` bytes.
  public let bytes: [UInt8]

  /// Elements in the array.
  public var count: Int { bytes.count / elementType.width }

  /// An array of the given bytes. Traps unless their number matches the shape.
  public init(elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    require(
      StoredArray.byteCount(shape: shape, elementType: elementType) == bytes.count,
      "\(bytes.count) bytes cannot have shape \(shape) of \(elementType)")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// An array of numbers. Traps unless their number is the product of the shape.
  public init<Element: StoredElement>(_ values: [Element], shape: [Int]) {
    let bytes = values.withUnsafeBytes { Array($0) }
    self.init(elementType: Element.elementType, shape: shape, bytes: bytes)
  }

  /// An array of one axis.
  public init<Element: StoredElement>(_ values: [Element]) {
    self.init(values, shape: [values.count])
  }

  /// A scalar: an array of rank 0.
  public init<Element: StoredElement>(_ value: Element) {
    self.init([value], shape: [])
  }

  /// The elements if they have exactly this type, else nil; nothing is converted.
  public func values<Element: StoredElement>(as type: Element.Type) -> [Element]? {
    guard Element.elementType == elementType else { return nil }
    return [Element](uninitializedCapacity: count) { buffer, initializedCount in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      initializedCount = count
    }
  }

  /// The element of an array of one element, if it has exactly this type; else nil.
  public func value<Element: StoredElement>(as type: Element.Type) -> Element? {
    guard count == 1 else { return nil }
    return values(as: type)?.first
  }

  /// The size of an array in bytes; nil if it overflows `Int`. Axes of size 0 are left out of that check, so that
  /// later arithmetic on the shape can't overflow.
  static func byteCount(shape: [Int], elementType: ElementType) -> Int? {
    var (product, isEmpty) = (elementType.width, false)
    for extent in shape {
      guard extent != 0 else {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow else { return nil }
      product = next
    }
    return isEmpty ? 0 : product
  }
}

/// A type of number that a `StoredArray` can contain, bit by bit.
public protocol StoredElement: BitwiseCopyable, Sendable {
  /// The element type of this type in a file.
  static var elementType: ElementType { get }
}

extension Float: StoredElement {
  /// `float32`.
  public static var elementType: ElementType { .float32 }
}
extension Double: StoredElement {
  /// `float64`.
  public static var elementType: ElementType { .float64 }
}
extension Int8: StoredElement {
  /// `int8`.
  public static var elementType: ElementType { .int8 }
}
extension Int16: StoredElement {
  /// `int16`.
  public static var elementType: ElementType { .int16 }
}
extension Int32: StoredElement {
  /// `int32`.
  public static var elementType: ElementType { .int32 }
}
extension Int64: StoredElement {
  /// `int64`.
  public static var elementType: ElementType { .int64 }
}
extension UInt8: StoredElement {
  /// `uint8`.
  public static var elementType: ElementType { .uint8 }
}
extension UInt16: StoredElement {
  /// `uint16`.
  public static var elementType: ElementType { .uint16 }
}
extension UInt32: StoredElement {
  /// `uint32`.
  public static var elementType: ElementType { .uint32 }
}
extension UInt64: StoredElement {
  /// `uint64`.
  public static var elementType: ElementType { .uint64 }
}
