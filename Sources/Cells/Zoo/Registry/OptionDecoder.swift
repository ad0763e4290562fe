/// Decodes options; missing ones have their default values.
///
/// An unknown name is an error, since a misspelt option would otherwise silently have its default.
struct OptionDecoder: Decoder {
  private let base: any Decoder
  private let defaults: OptionValues

  /// - Parameter subject: The owner of the options, for the message.
  /// - Throws: `DecodingError.dataCorrupted` at the first unknown name.
  init(_ base: any Decoder, defaults: OptionValues, of subject: String) throws {
    self.base = base
    self.defaults = defaults
    let given = try base.container(keyedBy: OptionName.self)
    for key in given.allKeys.sorted(by: { $0.stringValue < $1.stringValue })
    where !defaults.contains(key.stringValue) {
      let names = defaults.values.map(\.name).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        forKey: key, in: given,
        debugDescription: "an option that \(subject) does not have"
          + (names.isEmpty ? "; it has none" : "; it has \(names)"))
    }
  }

  var codingPath: [any CodingKey] { base.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { base.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(
      OptionContainer(base: try base.container(keyedBy: type), defaults: defaults))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try base.unkeyedContainer() }
  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    try base.singleValueContainer()
  }
}

private struct OptionContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let base: KeyedDecodingContainer<Key>
  let defaults: OptionValues

  var codingPath: [any CodingKey] { base.codingPath }
  var allKeys: [Key] { defaults.values.compactMap { Key(stringValue: $0.name) } }

  func contains(_ key: Key) -> Bool {
    base.contains(key) || defaults[key.stringValue] != nil
  }

  func decodeNil(forKey key: Key) throws -> Bool {
    base.contains(key) ? try base.decodeNil(forKey: key) : defaults[key.stringValue] == nil
  }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    if !base.contains(key), let value = defaults[key.stringValue] as? Value { return value }
    return try base.decode(type, forKey: key)
  }

  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    guard base.contains(key) else { return defaults[key.stringValue] as? Value }
    return try base.decodeIfPresent(type, forKey: key)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try base.nestedContainer(keyedBy: type, forKey: key)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try base.nestedUnkeyedContainer(forKey: key)
  }

  func superDecoder() throws -> any Decoder { try base.superDecoder() }
  func superDecoder(forKey key: Key) throws -> any Decoder { try base.superDecoder(forKey: key) }
}
