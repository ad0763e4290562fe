import FileCore
import Requirements
internal import TensorCore

#if _endian(big)
  #error("Files are little-endian; this code copies numbers without swapping their bytes.")
#endif

/// A dense array of any element type, as a file holds it: row-major, little-endian, bit-exact.
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
  /// The extent of each axis; empty for a scalar.
  public let shape: [Int]
  /// The elements, row by row: `count * elementType.width` bytes.
  public let bytes: [UInt8]

  /// Elements in the array.
  public var count: Int { bytes.count / elementType.width }

  /// An array of the given bytes. Traps unless their number is what the shape needs.
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

  /// The elements, if the array holds this very type; nothing is converted.
  public func values<Element: StoredElement>(as type: Element.Type) -> [Element]? {
    guard Element.elementType == elementType else { return nil }
    return [Element](uninitializedCapacity: count) { buffer, initializedCount in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      initializedCount = count
    }
  }

  /// The one element of an array of one element, if the array holds this very type.
  public func value<Element: StoredElement>(as type: Element.Type) -> Element? {
    guard count == 1 else { return nil }
    return values(as: type)?.first
  }

  /// Bytes that an array takes, or nil if that number does not fit an `Int` even where axes of
  /// extent zero are left out (so that no later arithmetic on the shape can overflow).
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

/// A number that a `StoredArray` holds bit by bit.
public protocol StoredElement: BitwiseCopyable, Sendable {
  /// The element type that stands for this type in a file.
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
extension UInt32: StoredElement {
  /// `uint32`.
  public static var elementType: ElementType { .uint32 }
}
extension UInt64: StoredElement {
  /// `uint64`.
  public static var elementType: ElementType { .uint64 }
}
