extension [Int32] {
  /// The least number of symbols to insert, leave out or replace so that the sequence becomes another one.
  ///
  /// V. Levenshtein, Binary codes capable of correcting deletions, insertions, and reversals, 1966.
  func editDistance(to other: [Int32]) -> Int {
    var distances = Array<Int>(0...other.count)
    for (row, symbol) in enumerated() {
      var diagonal = distances[0]
      distances[0] = row + 1
      for (column, wanted) in other.enumerated() {
        let replaced = diagonal + (symbol == wanted ? 0 : 1)
        diagonal = distances[column + 1]
        distances[column + 1] = Swift.min(replaced, diagonal + 1, distances[column] + 1)
      }
    }
    return distances[other.count]
  }
}
