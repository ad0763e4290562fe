/// A text that is compared byte by byte.
///
/// Swift's `String` treats `é` and `e` with a combining accent as equal, and the Greek Ω and the ohm sign. In files,
/// vocabularies, labels and names of tensors they differ, so lookups by text from outside use this type. To treat
/// both forms as one, normalize the text first (``TextForm``).
///
/// ```swift
/// ExactString("\u{e9}") == ExactString("e\u{301}")  // false
/// ```
public struct ExactString: Hashable, Comparable, Sendable {
  /// The text.
  public let string: String

  /// A text.
  public init(_ string: some StringProtocol) { self.string = String(string) }

  /// Whether both have the same bytes.
  public static func == (left: Self, right: Self) -> Bool {
    let (left, right) = (left.string.utf8, right.string.utf8)
    guard left.count == right.count else { return false }
    let isEqual = left.withContiguousStorageIfAvailable { left in
      right.withContiguousStorageIfAvailable { left.elementsEqual($0) }
    }
    return isEqual.flatMap { $0 } ?? left.elementsEqual(right)
  }

  /// Compares by bytes, which is the order of the code points.
  public static func < (left: Self, right: Self) -> Bool {
    left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension ExactString: ExpressibleByStringLiteral, CustomStringConvertible {
  /// A literal.
  public init(stringLiteral value: String) { self.init(value) }

  /// The text.
  public var description: String { string }
}
