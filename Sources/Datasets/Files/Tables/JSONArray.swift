import FileCore

/// Reads a file with one JSON array of objects, or in a `.json` file with one object that has such an array, as if it
/// were JSON Lines.
enum JSONArray {
  private static let depth = 34

  /// The objects of an array, one a line; nil if the file is no array and has none.
  ///
  /// - Throws: `FileError` if the array is malformed, or an object has several.
  static func lines(of source: TextSource) throws(FileError) -> TextSource? {
    switch try firstByte(of: source) {
    case UInt8(ascii: "["): break
    case UInt8(ascii: "{"):
      guard try isOneObject(source) else { return nil }
    default: return nil
    }
    let text = try source.text()
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(text.utf8), maximumDepth: depth)
    } catch {
      // A file with an array on each line is refused line by line.
      if error.problem == "text after the value" { return nil }
      throw FileError(
        file: source.path, .byte(error.offset), expected: "a JSON array of objects",
        found: error.found)
    }
    guard let elements = try elements(of: value, source.path) else { return nil }
    let lines = elements.map { $0.text + "\n" }.joined()
    return TextSource(source.path, holding: Array(lines.utf8))
  }

  /// The first byte that is no space.
  private static func firstByte(of source: TextSource) throws(FileError) -> UInt8? {
    var place = source.start
    while let byte = try source.read(at: place, atMost: 1).first {
      guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return byte }
      place += 1
    }
    return nil
  }

  /// Whether a file whose name ends in `.json` has one object, and not one a line.
  private static func isOneObject(_ source: TextSource) throws(FileError) -> Bool {
    guard source.path.hasEnding(".json", ".json.gz") else { return false }
    let lines = TextLines(source)
    var first: [UInt8] = []
    while first.isEmpty, let line = try lines.next() { first = Array(line.withoutLineEnd) }
    guard (try? JSONValue(parsing: first, maximumDepth: depth)) != nil else { return true }
    while let line = try lines.next() {
      if !line.withoutLineEnd.isEmpty { return false }
    }
    return true
  }

  /// The objects of an array, or of the only array of several objects that an object has; nil if there are none.
  private static func elements(
    of value: JSONValue, _ path: String
  ) throws(FileError) -> [JSONValue]? {
    switch value {
    case .array(let elements): return elements.contains(where: \.isObject) ? elements : nil
    case .object(let members):
      let arrays = members.compactMap { name, member -> (name: String, elements: [JSONValue])? in
        guard case .array(let elements) = member, elements.count > 1,
          elements.allSatisfy(\.isObject)
        else { return nil }
        return (name.string, elements)
      }
      guard arrays.count < 2 else {
        throw FileError(
          file: path, expected: "one array of objects",
          found: arrays.map(\.name).sorted().joined(separator: " and "))
      }
      return arrays.first?.elements
    default: return nil
    }
  }
}

extension JSONValue {
  fileprivate var isObject: Bool { if case .object = self { true } else { false } }
}
