import FileCore

/// Reads a file with one JSON array of objects as if it were JSON Lines.
enum JSONArray {
  private static let depth = 34

  /// The objects of an array, one a line; nil if the file does not begin with an array.
  ///
  /// - Throws: `FileError` if the array is malformed.
  static func lines(of source: TextSource) throws(FileError) -> TextSource? {
    var place = source.start
    while let byte = try source.read(at: place, atMost: 1).first {
      if byte == UInt8(ascii: "[") { break }
      guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return nil }
      place += 1
    }
    guard place < source.end else { return nil }
    let text = try source.text()
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(text.utf8), maximumDepth: depth)
    } catch {
      // A file with an array on each line is refused line by line.
      if error.problem == "text after the value" { return nil }
      throw FileError(
        file: source.path, .byte(error.offset), expected: "a JSON array of objects",
        found: error.problem)
    }
    guard case .array(let elements) = value else { return nil }
    if elements.allSatisfy({ if case .object = $0 { false } else { true } }) { return nil }
    let lines = elements.map { $0.text + "\n" }.joined()
    return TextSource(source.path, holding: Array(lines.utf8))
  }
}
