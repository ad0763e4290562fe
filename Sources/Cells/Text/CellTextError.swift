/// A place of a cell's text that is not what the notation or the cell's sizes ask for.
///
/// ```
/// my.cell:3:20: expected a value, found forgett: perhaps forget
/// ```
public struct CellTextError: Error, Hashable, CustomStringConvertible {
  /// The file's name, or a name for a text that has no file.
  public var file: String
  /// The line, from 1.
  public let line: Int
  /// The character of the line, from 1.
  public let column: Int
  /// What would be right there.
  public let expected: String
  /// What is there.
  public let found: String
  /// What could be meant; nil if nothing is near.
  public let suggestion: String?

  init(
    _ place: TextPlace, expected: String, found: String, suggestion: String? = nil,
    file: String = "cell text"
  ) {
    self.file = file
    (line, column) = (place.line, place.column)
    self.expected = expected
    self.found = found
    self.suggestion = suggestion
  }

  /// One line with all of it.
  public var description: String {
    "\(file):\(line):\(column): expected \(expected), found \(foundAndSuggestion)"
  }

  /// What was found, and what could be meant.
  var foundAndSuggestion: String { found + (suggestion.map { ": perhaps \($0)" } ?? "") }
}

/// A place in a text: a line and a character of it, both from 1.
struct TextPlace: Hashable, Sendable {
  var line = 1
  var column = 1
}

/// What a text may ask for, so that no text exhausts the memory or the stack.
enum TextLimits {
  /// The length of a text in bytes.
  static let bytes = 4 << 20
  /// The cells of a text, one for each of some sizes.
  static let definitions = 64
  /// The parentheses around an expression.
  static let parentheses = 48
  /// The operations of an expression, one within the other.
  static let nesting = 200
  /// The length of a name in bytes.
  static let nameLength = 200
  /// The states of a cell.
  static let states = 256
  /// The axes of a state or parameter.
  static let axes = 8
  /// The options of a cell.
  static let options = 256
  /// The parameters of a cell, each block counted.
  static let blocks = 4096
  /// The nodes of a graph.
  static let nodes = 16_384
  /// The units of a signal, and the rows or columns of a matrix.
  static let width = 1 << 20
  /// The units of all signals of a step together.
  static let units = 1 << 22
  /// The numbers of all parameters, and of all matrices that are computed from them.
  static let parameters = 1 << 28
}

/// The name among those known that is nearest to the one given; nil if none is near.
package func nearestName(
  to name: String, among known: some Sequence<String>
) -> String? {
  let (length, limit) = (name.count, max(1, name.count / 3))
  // Long names are rarely misspelt ones, and to compare many of them takes long.
  guard length <= 64 else { return nil }
  return known.lazy.filter { abs($0.count - length) <= limit }.prefix(1000)
    .map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
    .filter { $0.distance <= limit }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

/// The Levenshtein distance of two texts.
func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (index, character) in a.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in b.indices {
      let substituted = diagonal + (character == b[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(substituted, row[column] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
