import ArgumentParser
import Cells
import FileCore

struct ListCells: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists all cells: name, states, number of parameters, paper.")

  @OptionGroup var sizes: Sizes

  func run() throws {
    var table = TextTable(["name", "states", "parameters", "paper"], rightAligned: 2...2)
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
