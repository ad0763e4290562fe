import ArgumentParser
import Cells
import FileCore

struct ShowCell: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows a cell: its equations, states, parameters, costs and paper.",
    discussion: """
      The equations are a text that can be changed and trained: cells show mgu > my.cell; train --cell my.cell
      """)

  @Argument(
    help: "The cell's name, as in `cells list`, or the file of a cell as text.", completion: .cells)
  var name: String

  @Flag(help: "The formula as LaTeX.")
  var latex = false

  @OptionGroup var sizes: Sizes

  func run() throws {
    let entry = try Library.current.entry(name)
    let graph = try entry.graph(sizes)
    var table = TextTable(
      ["states", graph.states.map(\.labelled).joined(separator: ", ")], rightAligned: 0..<0)
    let shapes = graph.parameters.map { "\($0.name) \($0.shape)" }
    table.add(["output", "\(graph.outputSize)"])
    for (index, shape) in shapes.enumerated() {
      table.add([index == 0 ? "parameters" : "", shape])
    }
    table.add(["", "\(graph.parameterCount.counted("numbers")) for \(sizes.input) input units"])
    let operations = graph.operationsPerStep.counted("floating-point operations")
    table.add(["a step", "\(operations) a sample"])
    table.add(["real time", graph.realTimeCost])
    table.add(["paper", entry.paper])
    let title = "\(entry.name): \(entry.summary)\n"
    if latex {
      try Console.write("\(title)\n\(graph.formula(.latex))\n\n\(table.text)")
    } else {
      let text = equations(entry.cell) ?? graph.formula() + "\n"
      try Console.write("# \(title)\(text)\n\(table.text.commented)")
    }
  }

  /// The cell as a text for all sizes, the ones that are asked for included.
  private func equations(_ cell: some RecurrentCell) -> String? {
    CellText(
      writing: cell, name: name, for: [(input: sizes.input, hidden: sizes.hidden)],
      listsOptions: false)?.description
  }
}

extension String {
  /// The lines as comments of a cell's text.
  fileprivate var commented: String {
    split(separator: "\n").map { "# \($0)\n" }.joined()
  }
}

extension CellGraph.State {
  fileprivate var labelled: String { "\(name) [\(width)]" }
}

extension CellGraph {
  /// The memory of exact real-time recurrent learning.
  fileprivate var realTimeCost: String {
    let units = states.reduce(0) { $0 + $1.width }
    return hasElementwiseRecurrence
      ? "cheap: the recurrence is elementwise, its influence takes O(parameters) numbers a sample"
      : "costly: the influence takes \(units.grouped) x \(parameterCount.grouped) = "
        + "\((units * parameterCount).counted("numbers")) a sample"
  }
}
