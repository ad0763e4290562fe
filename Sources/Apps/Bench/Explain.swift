import ArgumentParser
import BenchSupport
import Cells
import FileCore
import ProgramsCore

extension BenchProgram {
  /// Prints the plan that the compiler makes of a cell.
  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Prints the equations and the plan of a case's first layer: what is done once, for all steps, and step by step.",
      discussion: "Example: bench explain --cell gru --hidden 256")

    @OptionGroup var own: CaseOptions

    @Flag(help: "The plan that learns nothing, and keeps nothing.")
    var forwardOnly = false

    func run() throws {
      let benchmark = own.benchmark
      try benchmark.validate()
      let graph = try benchmark.graphs()[0]
      try Console.write(
        "\(graph.formula())\n\(graph.parameterCount.counted("parameters")), "
          + "\(graph.operationsPerStep.counted("operations")) for a sample and a step\n\n"
          + "\(Plan(graph, learns: !forwardOnly))")
    }
  }
}
