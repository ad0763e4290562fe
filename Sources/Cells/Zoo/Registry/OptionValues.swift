/// The options of a cell, as its own `encode(to:)` writes them: names and values, one level deep.
///
/// They are the defaults of a saved cell: an option that the file lacks has the registered cell's value.
struct OptionValues {
  /// In the order of encoding; nil for an optional without a value.
  private(set) var values: [(name: String, value: (any Encodable)?)] = []

  /// The options of a value; nil if it doesn't encode itself with keys.
  init?(of value: any Encodable) {
    let record = Record()
    do {
      try value.encode(to: RecordingEncoder(record: record))
    } catch {
      return nil
    }
    guard record.isKeyed else { return nil }
    values = record.values
  }

  /// The value of an option; nil if the option is unknown or nil.
  subscript(name: String) -> (any Encodable)? {
    values.first { $0.name == name }.flatMap { $0.value }
  }

  /// Whether there is an option of this name.
  func contains(_ name: String) -> Bool { values.contains { $0.name == name } }

  /// Writes all options; a nil is written as null, so that a reader does not use the default.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: OptionName.self)
    for (name, value) in values {
      if let value {
        try container.encode(value, forKey: OptionName(name))
      } else {
        try container.encodeNil(forKey: OptionName(name))
      }
    }
  }
}

/// The names and values recorded so far. A class, because containers share it.
private final class Record {
  var values: [(name: String, value: (any Encodable)?)] = []
  var isKeyed = true
}

/// Records names and values without encoding the values themselves.
private struct RecordingEncoder: Encoder {
  let record: Record
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(RecordingContainer(record: record))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    record.isKeyed = false
    return IgnoredValues()
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    record.isKeyed = false
    return IgnoredValues()
  }
}

private struct RecordingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let record: Record
  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) { record.values.append((key.stringValue, nil)) }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) {
    record.values.append((key.stringValue, value))
  }
  // All of these are written out because the protocol's default versions skip nil.
  func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Bool?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: String?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Double?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Float?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Int?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Int8?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Int16?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Int32?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: Int64?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: UInt?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: UInt8?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: UInt16?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: UInt32?, forKey key: Key) { note(value, key) }
  func encodeIfPresent(_ value: UInt64?, forKey key: Key) { note(value, key) }

  private func note<Value: Encodable>(_ value: Value?, _ key: Key) {
    record.values.append((key.stringValue, value))
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    record.isKeyed = false
    return KeyedEncodingContainer(RecordingContainer<NestedKey>(record: Record()))
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    record.isKeyed = false
    return IgnoredValues()
  }

  func superEncoder() -> any Encoder {
    record.isKeyed = false
    return RecordingEncoder(record: Record())
  }

  func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

/// Ignores the values of an encoding without keys.
private struct IgnoredValues: UnkeyedEncodingContainer, SingleValueEncodingContainer {
  var codingPath: [any CodingKey] { [] }
  var count: Int { 0 }

  func encodeNil() {}
  func encode<Value: Encodable>(_ value: Value) {}
  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    KeyedEncodingContainer(RecordingContainer<NestedKey>(record: Record()))
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
  func superEncoder() -> any Encoder { RecordingEncoder(record: Record()) }
}
