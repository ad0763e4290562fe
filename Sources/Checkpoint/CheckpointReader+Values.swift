import FileCore

extension CheckpointReader {
  /// Reads an array.
  public func array(
    _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> StoredArray {
    let key = Checkpoint.Key(section, name)
    let content = try content(key)
    guard case .tensor(let array) = content else { throw wrongKind(.tensor, content, key) }
    return array
  }

  /// Reads an array's elements, which must have exactly this type.
  public func values<Element: StoredElement>(
    _ type: Element.Type, _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> [Element] {
    let array = try array(section, name)
    guard let values = array.values(as: type) else {
      throw fail(
        .elementType(
          .init(section, name), expected: Element.elementType, found: array.elementType))
    }
    return values
  }

  /// Reads an array of one element of exactly this type, for example a step count.
  public func value<Element: StoredElement>(
    _ type: Element.Type, _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> Element {
    let values = try values(type, section, name)
    guard values.count == 1 else {
      throw fail(
        .tensorShape(.init(section, name), expected: [], found: [values.count]))
    }
    return values[0]
  }

  /// Reads bytes.
  public func bytes(
    _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> [UInt8] {
    let key = Checkpoint.Key(section, name)
    let content = try content(key)
    guard case .bytes(let bytes) = content else { throw wrongKind(.bytes, content, key) }
    return bytes
  }

  /// Reads a JSON text as any `Decodable` type. Throws `configMalformed` if the text is not strict JSON, `configValue`
  /// if a value is missing or of the wrong type.
  public func json<Value: Decodable>(
    _ type: Value.Type, _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> Value {
    let value = try json(section, name)
    do throws(JSONMismatch) {
      return try value.decoded(as: type, userInfo: userInfo)
    } catch {
      throw CheckpointError(file: file, error, in: .init(section, name))
    }
  }

  /// Reads a JSON text without decoding it to a type.
  public func json(
    _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> JSONValue {
    let key = Checkpoint.Key(section, name)
    let content = try content(key)
    guard case .json(let text) = content else { throw wrongKind(.json, content, key) }
    return try parsed(text, of: key)
  }

  private func wrongKind(
    _ expected: Checkpoint.Kind, _ content: Checkpoint.Content, _ key: Checkpoint.Key
  ) -> CheckpointError {
    fail(.entryKind(key, expected: "\(expected)", found: "\(content.kind)"))
  }
}
