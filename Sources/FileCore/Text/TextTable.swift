/// A table as text: columns as wide as their longest cell, two spaces apart.
package struct TextTable {
  private var rows: [[String]]
  private let rightAligned: Range<Int>

  /// A table of one row, its heads; as a rule names stand in the first column and numbers in the others.
  package init(_ heads: [String], rightAligned columns: some RangeExpression<Int> = 1...) {
    rows = [heads]
    rightAligned = columns.relative(to: heads.indices)
  }

  /// Adds a row with a cell for each head.
  package mutating func add(_ cells: [String]) { rows.append(cells) }

  /// A line for each row, without its end.
  package var lines: [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        if rightAligned.contains(column) { return space + cell }
        return column == row.count - 1 ? cell : cell + space
      }
      return cells.joined(separator: "  ")
    }
  }

  /// The lines with their ends.
  package var text: String { lines.map { $0 + "\n" }.joined() }
}
