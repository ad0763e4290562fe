/// A JSON value: what a text says, before it becomes a type of one's own.
///
/// ```swift
/// let value = try JSONValue(encoding: configuration)  // any Encodable
/// value.text                                          // {"cell":"lstm","hiddenSize":128}
/// try value.decoded(as: Configuration.self)           // any Decodable
/// ```
///
/// Numbers keep their digits, so that every integer and every float goes through unchanged.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number, as it is written; for example `-1.5e-07`.
  case number(String)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object. Keys are equal where Swift's strings are: canonically equivalent in Unicode.
  case object([String: JSONValue])
}

extension JSONValue {
  /// Reads a text, which must be one strict JSON value (RFC 8259) without duplicate keys.
  package init(parsing text: [UInt8], maximumDepth: Int) throws(JSONError) {
    var scanner = JSONScanner(text, maximumDepth: maximumDepth)
    scanner.skipWhitespace()
    self = try scanner.value()
    try scanner.expectEnd()
  }

  /// The value as text: keys sorted by their UTF-8 bytes, no white space, the shortest escapes. Equal values give equal
  /// text, which is never longer than one that the value was read from.
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
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, member) in sorted.enumerated() {
        if index > 0 { text += "," }
        JSONValue.write(member.key, to: &text)
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

  /// How deep arrays and objects nest: 0 for a number, 1 for an array of numbers.
  var depth: Int {
    switch self {
    case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
    case .object(let members): 1 + (members.values.map(\.depth).max() ?? 0)
    default: 0
    }
  }

  /// What the value is, for "expected ..., found ...".
  var summary: String {
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
