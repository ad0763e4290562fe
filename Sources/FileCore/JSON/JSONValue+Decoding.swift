/// The error for a JSON value that is missing or of the wrong type.
public struct JSONMismatch: Error, Hashable, CustomStringConvertible {
  /// The path of the value, for example `layers[2].hiddenSize`; empty for the root.
  public let path: String
  /// What was expected, for example `a whole number`.
  public let expected: String
  /// What was found.
  public let found: String

  /// A mismatch at a path.
  package init(path: String, expected: String, found: String) {
    self.path = path
    self.expected = expected
    self.found = found
  }

  /// One line with all three.
  public var description: String {
    (path.isEmpty ? "" : "\(path): ") + "expected \(expected), found \(found)"
  }
}

extension JSONValue {
  /// Decodes the value as any `Decodable` type.
  ///
  /// `userInfo` becomes the decoder's `userInfo`.
  public func decoded<Value: Decodable>(
    as type: Value.Type, userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws(JSONMismatch) -> Value {
    do {
      return try JSONValueDecoder.$information.withValue(userInfo) {
        try Value(from: JSONValueDecoder(value: self, codingPath: []))
      }
    } catch {
      throw JSONMismatch(error)
    }
  }
}

extension JSONMismatch {
  /// The mismatch that an error of `init(from:)` or `encode(to:)` describes.
  package init(_ error: any Error) {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      self.init(path: pathText(context.codingPath + [key]), expected: "a value", found: "nothing")
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      self.init(context)
    case EncodingError.invalidValue(_, let context):
      self.init(
        DecodingError.Context(
          codingPath: context.codingPath, debugDescription: context.debugDescription,
          underlyingError: context.underlyingError))
    default:
      self.init(path: "", expected: "a valid value", found: "\(error)")
    }
  }

  private init(_ context: DecodingError.Context) {
    if let mismatch = context.underlyingError as? JSONMismatch {
      self = mismatch
    } else {
      self.init(
        path: pathText(context.codingPath), expected: "a valid value",
        found: context.debugDescription)
    }
  }
}

/// A coding path as text, for example `layers[2].hiddenSize`.
func pathText(_ path: [any CodingKey]) -> String {
  var text = ""
  for key in path {
    if let index = key.intValue {
      text += "[\(index)]"
    } else {
      text += (text.isEmpty ? "" : ".") + key.stringValue
    }
  }
  return text
}

/// An array index as a coding key.
struct JSONIndex: CodingKey {
  let index: Int
  init(_ index: Int) { self.index = index }
  init?(stringValue: String) { nil }
  init?(intValue: Int) { index = intValue }
  var stringValue: String { String(index) }
  var intValue: Int? { index }
}

/// The coding key of `super`.
struct JSONSuperKey: CodingKey {
  init() {}
  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
  var stringValue: String { "super" }
  var intValue: Int? { nil }
}

/// Decodes one value; also its single-value container.
struct JSONValueDecoder: Decoder, SingleValueDecodingContainer {
  let value: JSONValue
  let codingPath: [any CodingKey]
  /// The `userInfo` of all decoders of one value.
  @TaskLocal static var information: [CodingUserInfoKey: any Sendable] = [:]
  var userInfo: [CodingUserInfoKey: Any] { Self.information }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw mismatch(type, "an object") }
    return KeyedDecodingContainer(JSONObjectDecoder(members: members, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw mismatch([JSONValue].self, "an array") }
    return JSONArrayDecoder(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
    let mismatch = JSONMismatch(
      path: pathText(codingPath), expected: expected, found: value.summary)
    return .typeMismatch(
      type,
      .init(codingPath: codingPath, debugDescription: "\(mismatch)", underlyingError: mismatch))
  }

  func decodeNil() -> Bool { value == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let bool) = value else { throw mismatch(type, "true or false") }
    return bool
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .string(let string) = value else { throw mismatch(type, "a string") }
    return string
  }

  func decode(_ type: Double.Type) throws -> Double { try float(type) }
  func decode(_ type: Float.Type) throws -> Float { try float(type) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

  private func float<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ type: Number.Type
  ) throws -> Number {
    guard case .number(let digits) = value, let number = Number(digits), number.isFinite else {
      throw mismatch(type, "a number")
    }
    return number
  }

  func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number {
    guard case .number(let digits) = value, let number = Number(digits) else {
      throw mismatch(type, "a whole number from \(Number.min) to \(Number.max)")
    }
    return number
  }
}
