/// A table as text: columns as wide as their content, the first one left-aligned, the others right-aligned.
public struct Table {
  private var rows: [[String]]

  /// A table without rows.
  public init(_ heads: [String]) { rows = [heads] }

  /// Adds a row with a cell for each head.
  public mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The table, a line for each row.
  public var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      return cells.joined(separator: "  ") + "\n"
    }.joined()
  }
}
