/// A text that is compared byte by byte.
///
/// Swift's `String` takes `é` and `e` with a combining accent for equal, and the Greek Ω and the sign for ohm. Files,
/// vocabularies, labels and the names of tensors do not, so whatever is looked up by a text from outside is looked
/// up by this one. Who wants both forms to be one normalizes the text first (``TextForm``).
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
    left.string.utf8.elementsEqual(right.string.utf8)
  }

  /// The order of the bytes, which is that of the code points.
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
  /// A text that stands in the code.
  public init(stringLiteral value: String) { self.init(value) }

  /// The text.
  public var description: String { string }
}

extension Sequence<String> {
  /// The different texts among these, in the order of their bytes.
  package var exactlySorted: [String] { Set(map { ExactString($0) }).sorted().map(\.string) }
}
