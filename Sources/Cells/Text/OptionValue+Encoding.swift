extension OptionValue {
  /// What a value encodes.
  init(encoding value: any Encodable) throws {
    let encoder = TreeEncoder()
    try value.encode(to: encoder)
    self = encoder.node.value
  }
}

/// A value that is being encoded. A class, since containers share it.
private final class TreeNode {
  enum Content {
    case value(OptionValue)
    case list([TreeNode])
    case named([(String, TreeNode)])
  }
  var content = Content.value(.none)

  var value: OptionValue {
    switch content {
    case .value(let value): value
    case .list(let nodes): .list(nodes.map(\.value))
    case .named(let nodes):
      .named(Dictionary(nodes.map { ($0, $1.value) }, uniquingKeysWith: { $1 }))
    }
  }
}

/// Encodes a value as an ``OptionValue``.
private struct TreeEncoder: Encoder {
  let node: TreeNode
  var codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ node: TreeNode = TreeNode()) { self.node = node }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .named = node.content {} else { node.content = .named([]) }
    return KeyedEncodingContainer(NamedValues<Key>(node: node))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .list = node.content {} else { node.content = .list([]) }
    return ListedValues(node: node)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleValue(node: node) }

  /// A value of any type: those that a text knows as they are, others as they encode themselves.
  static func encode(_ value: some Encodable, into node: TreeNode) throws {
    switch value {
    case let value as Bool: node.content = .value(.bool(value))
    case let value as String: node.content = .value(.text(value))
    case let value as Double: node.content = .value(.number(value))
    case let value as Float: node.content = .value(.number(Double("\(value)") ?? Double(value)))
    case let value as any BinaryInteger:
      guard let integer = Int(exactly: value) else {
        throw EncodingError.invalidValue(
          value, .init(codingPath: [], debugDescription: "an integer of more than 64 bits"))
      }
      node.content = .value(.integer(integer))
    default: try value.encode(to: TreeEncoder(node))
    }
  }
}

private struct SingleValue: SingleValueEncodingContainer {
  let node: TreeNode
  var codingPath: [any CodingKey] { [] }

  func encodeNil() { node.content = .value(.none) }
  func encode(_ value: some Encodable) throws { try TreeEncoder.encode(value, into: node) }
}

private struct ListedValues: UnkeyedEncodingContainer {
  let node: TreeNode
  var codingPath: [any CodingKey] { [] }
  var count: Int { if case .list(let nodes) = node.content { nodes.count } else { 0 } }

  private func next() -> TreeNode {
    let new = TreeNode()
    if case .list(let nodes) = node.content { node.content = .list(nodes + [new]) }
    return new
  }

  func encodeNil() { _ = next() }
  func encode(_ value: some Encodable) throws { try TreeEncoder.encode(value, into: next()) }
  func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    TreeEncoder(next()).container(keyedBy: type)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    TreeEncoder(next()).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { TreeEncoder(next()) }
}

private struct NamedValues<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: TreeNode
  var codingPath: [any CodingKey] { [] }

  private func value(_ name: String) -> TreeNode {
    let new = TreeNode()
    if case .named(let nodes) = node.content { node.content = .named(nodes + [(name, new)]) }
    return new
  }

  func encodeNil(forKey key: Key) { _ = value(key.stringValue) }
  func encode(_ value: some Encodable, forKey key: Key) throws {
    try TreeEncoder.encode(value, into: self.value(key.stringValue))
  }
  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    TreeEncoder(value(key.stringValue)).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    TreeEncoder(value(key.stringValue)).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { TreeEncoder(value("super")) }
  func superEncoder(forKey key: Key) -> any Encoder { TreeEncoder(value(key.stringValue)) }
}
