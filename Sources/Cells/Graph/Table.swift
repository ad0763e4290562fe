import Requirements

/// A matrix of constant numbers.
///
/// It may be large: two are compared by their numbers, but hashed by a few of them.
package struct Table: Hashable, Sendable {
  package let rows: Int
  package let columns: Int
  /// Row-major.
  package let elements: [Double]

  package init(_ rows: [[Double]]) {
    require(
      rows.first?.isEmpty == false && rows.allSatisfy { $0.count == rows[0].count },
      "a matrix with rows of \(rows.map(\.count)) numbers")
    self.rows = rows.count
    columns = rows[0].count
    elements = Array(rows.joined())
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(rows)
    hasher.combine(columns)
    for element in elements.prefix(8) { hasher.combine(element) }
  }
}
