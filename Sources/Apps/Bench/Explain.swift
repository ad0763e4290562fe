import ArgumentParser
import BenchSupport
import Cells
import ProgramsCore

extension BenchProgram {
  /// Prints the plan that the compiler makes of a cell.
  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Prints a cell's equations and its plan: what is done once, for all steps, and step by step.",
      discussion: "Example: bench explain --cell gru --hidden 256")

    @OptionGroup var own: CaseOptions

    @Flag(help: "The plan that learns nothing, and keeps nothing.")
    var forwardOnly = false

    func run() throws {
      let benchmark = own.benchmark
      let cell = try CellRegistry.standard.cell(named: benchmark.cell)
      let graph = CellGraph(
        cell, inputSize: benchmark.inputSize, hiddenSize: benchmark.hiddenSize)
      try Console.write(
        "\(graph.formula())\n\(graph.parameterCount) parameters, \(graph.operationsPerStep) operations "
          + "for a sample and a step\n\n\(Plan(graph, learns: !forwardOnly))")
    }
  }
}
