import ArgumentParser
import Cells

struct ShowCell: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows a cell: its formula, states, parameters, costs and paper.")

  @Argument(help: "The cell's name, as in `cells list`.")
  var name: String

  @Flag(help: "The formula as LaTeX.")
  var latex = false

  @OptionGroup var sizes: Sizes

  func run() throws {
    let entry = try CellRegistry.entry(name)
    let graph = try entry.graph(sizes)
    var text = "\(entry.name): \(entry.summary)\n\n"
    text += graph.formula(latex ? .latex : .text) + "\n\n"
    var table = Table(columns: ["states", graph.states.map(\.labelled).joined(separator: ", ")])
    let shapes = graph.parameters.map { "\($0.name) \($0.shape)" }
    table.add(["output", "\(graph.outputSize)"])
    for (index, shape) in shapes.enumerated() {
      table.add([index == 0 ? "parameters" : "", shape])
    }
    table.add(["", "\(graph.parameterCount) numbers for \(sizes.input) input units"])
    table.add(["a step", "\(graph.operationsPerStep) floating-point operations a sample"])
    table.add(["real time", graph.realTimeCost])
    table.add(["paper", entry.paper])
    try Console.write(text + table.text)
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
      : "costly: the influence takes \(units) x \(parameterCount) = \(units * parameterCount)"
        + " numbers a sample"
  }
}
