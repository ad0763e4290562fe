/// A JSON value: a parsed text, not yet decoded to a Swift type.
///
/// ```swift
/// let value = try JSONValue(encoding: configuration)  // any Encodable
/// value.text                                          // {"cell":"lstm","hiddenSize":128}
/// try value.decoded(as: Configuration.self)           // any Decodable
/// ```
///
/// Numbers keep their digits, so that every integer and every float is preserved exactly.
public enum JSONValue: Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number as written, for example `-1.5e-07`.
  case number(String)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object. Keys are compared byte by byte.
  case object([ExactString: JSONValue])
}

extension JSONValue: Hashable {
  /// Whether both are equal: texts byte by byte, numbers digit by digit.
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)), (.string(let a), .string(let b)):
      a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .number(let text), .string(let text): hasher.combine(ExactString(text))
    case .array(let elements): hasher.combine(elements)
    case .object(let members): hasher.combine(members)
    }
  }
}

extension JSONValue {
  /// An object of named values.
  public init(members: [String: JSONValue]) {
    self = .object(
      [ExactString: JSONValue](members.map { (ExactString($0.key), $0.value) }) { first, _ in first
      })
  }

  /// A whole number.
  package init(_ number: some BinaryInteger) { self = .number("\(number)") }

  /// A number; null for infinities and NaN, which JSON does not have.
  package init(_ number: some BinaryFloatingPoint & LosslessStringConvertible) {
    self = number.isFinite ? .number("\(number)") : .null
  }

  /// The member of an object; nil for other values.
  package func member(_ name: String) -> JSONValue? {
    if case .object(let members) = self { members[ExactString(name)] } else { nil }
  }

  /// The text of a string; nil for other values.
  package var stringValue: String? { if case .string(let text) = self { text } else { nil } }

  /// Parses one strict JSON value (RFC 8259) without duplicate keys.
  package init(parsing text: [UInt8], maximumDepth: Int) throws(JSONError) {
    var scanner = JSONScanner(text, maximumDepth: maximumDepth)
    scanner.skipWhitespace()
    self = try scanner.value()
    try scanner.expectEnd()
  }

  /// The value as text: keys sorted by their UTF-8 bytes, no white space, the shortest escapes. Equal values give equal
  /// text. It is never longer than the text that the value was parsed from.
  public var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let string): JSONValue.write(string, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      let sorted = members.sorted { $0.key < $1.key }
      for (index, member) in sorted.enumerated() {
        if index > 0 { text += "," }
        JSONValue.write(member.key.string, to: &text)
        text += ":"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  /// The nesting depth of arrays and objects: 0 for a number, 1 for an array of numbers.
  package var depth: Int {
    switch self {
    case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
    case .object(let members): 1 + (members.values.map(\.depth).max() ?? 0)
    default: 0
    }
  }

  /// A short description of the value for messages "expected ..., found ...".
  package var summary: String {
    switch self {
    case .null: "null"
    case .bool, .number: text
    case .string(let string): string.utf8.count <= 40 ? text : "a long string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONScanner {
  /// Reads any value.
  mutating func value() throws(JSONError) -> JSONValue {
    switch next {
    case UInt8(ascii: "{"):
      return .object(
        try members { (scanner, _) throws(JSONError) in try scanner.value() })
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try forEachElement { (scanner) throws(JSONError) in elements.append(try scanner.value()) }
      return .array(elements)
    case UInt8(ascii: "\""):
      return .string(try string())
    case UInt8(ascii: "-"), .some(0x30...0x39):
      return .number(try number())
    case UInt8(ascii: "t"):
      try expect(word: "true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try expect(word: "false")
      return .bool(false)
    default:
      try expect(word: "null")
      return .null
    }
  }
}
