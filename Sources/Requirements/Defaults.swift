extension KeyedDecodingContainer {
  /// Reads a value where its key is there, and leaves it as it is where it isn't: how every configuration reads one that was
  /// saved before it had the setting.
  ///
  /// ```swift
  /// init(from decoder: any Decoder) throws {
  ///   self.init()
  ///   let values = try decoder.container(keyedBy: CodingKeys.self)
  ///   try values.update(&steps, forKey: .steps)
  /// }
  /// ```
  package func update<Value: Decodable>(_ value: inout Value, forKey key: Key) throws {
    value = try decodeIfPresent(Value.self, forKey: key) ?? value
  }

  /// Reads an optional value; one whose key isn't there is nil, since that is how nil is written.
  package func update<Value: Decodable>(_ value: inout Value?, forKey key: Key) throws {
    value = try decodeIfPresent(Value.self, forKey: key)
  }
}
