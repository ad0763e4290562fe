import FileCore

/// Finds the delimiter of a table: a comma, or a semicolon, tab or vertical bar; spreadsheets write semicolons in
/// locales with a decimal comma.
enum Delimiter {
  /// The delimiters that are found, the likeliest first.
  static let all: [Unicode.Scalar] = [",", ";", "\t", "|"]

  private static let mostLines = 10

  /// The delimiter of a first line such as `sep=;`, which spreadsheets read and some write; nil for any other line.
  static func stated(by line: some Collection<UInt8>) -> Unicode.Scalar? {
    let bytes = Array(line)
    guard bytes.count == 5, bytes[..<4].elementsEqual("sep=".utf8) else { return nil }
    return all.first { $0.value == UInt32(bytes[4]) }
  }

  /// The delimiter that the first line states; else a comma, unless the first lines have equal numbers of another
  /// delimiter, and no commas or different numbers of them.
  static func likeliest(in source: TextSource) -> Unicode.Scalar {
    let lines = TextLines(source)
    var counts: [[Int]] = []
    var isInside = false
    while counts.count < mostLines, let line = try? lines.next() {
      if lines.number == 1, let stated = stated(by: line.withoutLineEnd) { return stated }
      var found = all.map { _ in 0 }
      for byte in line {
        if byte == UInt8(ascii: "\"") {
          isInside.toggle()
        } else if !isInside, let index = all.firstIndex(where: { $0.value == UInt32(byte) }) {
          found[index] += 1
        }
      }
      if !isInside, !line.withoutLineEnd.isEmpty { counts.append(found) }
    }
    let steady = all.indices.first { index in
      guard let first = counts.first?[index], first > 0 else { return false }
      return counts.allSatisfy { $0[index] == first }
    }
    return steady.map { all[$0] } ?? ","
  }
}
