import ArgumentParser
import Cells

struct ListCells: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists all cells: name, states, number of parameters, paper.")

  @OptionGroup var sizes: Sizes

  func run() throws {
    var table = Table(columns: ["name", "states", "parameters", "paper"], rightAligned: [2])
    for entry in Library.current.cells.entries {
      // A cell may not have this size: a clockwork network's groups must divide it.
      let graph = try? entry.graph(sizes)
      table.add([
        entry.name, graph?.states.map(\.name).joined(separator: ", ") ?? "",
        graph.map { "\($0.parameterCount)" } ?? "-", entry.paper,
      ])
    }
    try Console.write(table.text)
  }
}

/// A table whose columns are as wide as their longest cell.
struct Table {
  private var rows: [[String]]
  private let rightAligned: Set<Int>

  init(columns: [String], rightAligned: Set<Int> = []) {
    rows = [columns]
    self.rightAligned = rightAligned
  }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        let isLast = column == row.count - 1
        line += rightAligned.contains(column) ? space + cell : cell + (isLast ? "" : space)
        if !isLast { line += "  " }
      }
      return line + "\n"
    }.joined()
  }
}
