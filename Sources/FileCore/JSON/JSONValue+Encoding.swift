extension JSONValue {
  /// Encodes any `Encodable` value. Throws if it contains an infinity or a NaN, which JSON cannot express.
  public init(encoding value: some Encodable) throws(JSONMismatch) {
    let node = JSONNode()
    do {
      try value.encode(to: JSONValueEncoder(node: node, codingPath: []))
    } catch {
      throw JSONMismatch(error)
    }
    self = node.value
  }
}

/// A JSON value that is being built. A class, because several containers write to it.
final class JSONNode {
  private enum Kind {
    case single, array, object
  }

  /// A type that encodes nothing at all becomes an empty object.
  private var kind = Kind.object
  private var single = JSONValue.null
  private var elements: [JSONNode] = []
  private var members: [ExactString: JSONNode] = [:]

  /// The number of elements, if it is an array.
  var count: Int { elements.count }

  func set(_ value: JSONValue) { (kind, single) = (.single, value) }
  func becomeArray() { kind = .array }
  func becomeObject() { kind = .object }

  func append() -> JSONNode {
    elements.append(JSONNode())
    return elements[elements.count - 1]
  }

  /// The member of this key; always the same object, since a container may be requested twice.
  func member(_ key: String) -> JSONNode {
    let key = ExactString(key)
    if let node = members[key] { return node }
    let node = JSONNode()
    members[key] = node
    return node
  }

  var value: JSONValue {
    switch kind {
    case .single: single
    case .array: .array(elements.map(\.value))
    case .object: .object(members.mapValues(\.value))
    }
  }
}

/// Encodes one value; also its single-value container.
struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
  let node: JSONNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(JSONObjectEncoder(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return JSONArrayEncoder(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() { node.set(.null) }
  func encode(_ value: Bool) { node.set(.bool(value)) }
  func encode(_ value: String) { node.set(.string(value)) }
  func encode(_ value: Double) throws { try encode(float: value) }
  func encode(_ value: Float) throws { try encode(float: value) }
  func encode(_ value: some FixedWidthInteger & Encodable) { node.set(JSONValue(value)) }
  func encode(_ value: some Encodable) throws { try value.encode(to: self) }

  private func encode(float value: some BinaryFloatingPoint & CustomStringConvertible) throws {
    guard value.isFinite else {
      let mismatch = JSONMismatch(
        path: pathText(codingPath), expected: "a finite number", found: value.description)
      throw EncodingError.invalidValue(
        value,
        .init(codingPath: codingPath, debugDescription: "\(mismatch)", underlyingError: mismatch))
    }
    node.set(.number(value.description))
  }
}

/// Encodes the members of an object.
struct JSONObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: JSONNode
  let codingPath: [any CodingKey]

  private func encoder(_ key: any CodingKey) -> JSONValueEncoder {
    JSONValueEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }

  func encodeNil(forKey key: Key) { encoder(key).encodeNil() }
  func encode(_ value: some Encodable, forKey key: Key) throws { try encoder(key).encode(value) }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> { encoder(key).container(keyedBy: keyType) }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder(key).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { encoder(JSONSuperKey()) }
  func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

/// Encodes the elements of an array, one after the other.
struct JSONArrayEncoder: UnkeyedEncodingContainer {
  let node: JSONNode
  let codingPath: [any CodingKey]

  var count: Int { node.count }

  private func encoder() -> JSONValueEncoder {
    let index = JSONIndex(node.count)
    return JSONValueEncoder(node: node.append(), codingPath: codingPath + [index])
  }

  func encodeNil() { encoder().encodeNil() }
  func encode(_ value: some Encodable) throws { try encoder().encode(value) }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> { encoder().container(keyedBy: keyType) }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
  func superEncoder() -> any Encoder { encoder() }
}
