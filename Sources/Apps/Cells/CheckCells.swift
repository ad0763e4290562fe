import AppSupport
import ArgumentParser
import Cells

struct CheckCells: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compares what is derived from a cell's equations with their definition.",
    discussion: """
      The compiled plan against the double-precision oracle, the oracle against central differences, learning in \
      real time against backpropagation through time, and the laws of a recurrence. Ends with status 1 where a \
      difference is too large.
      """)

  @Argument(help: "The cells' names, as in `cells list`.")
  var names: [String] = []

  @Flag(help: "Check every cell.")
  var all = false

  @Option(help: "Draws the parameters, the input and the loss.")
  var seed: UInt64 = 1

  func validate() throws {
    if all == !names.isEmpty {
      throw ValidationError("expected the names of cells, or --all")
    }
    for name in names { _ = try CellRegistry.entry(name) }
  }

  func run() throws {
    let entries =
      all ? CellRegistry.standard.entries : try names.map { try CellRegistry.entry($0) }
    var failures = 0
    for entry in entries {
      let report = checkGradients(of: entry.cell, seed: seed)
      let failed = report.checks.filter { !$0.passed }
      failures += failed.isEmpty ? 0 : 1
      let shown = all ? failed : report.checks
      let outcome =
        failed.isEmpty
        ? "\(report.checks.count) checks passed"
        : "\(failed.count) of \(report.checks.count) checks failed"
      Console.output.write("\(entry.name): \(outcome)\n" + shown.map { "  \($0)\n" }.joined())
    }
    if all {
      Console.output.write("\(entries.count - failures) of \(entries.count) cells passed\n")
    }
    if failures > 0 { throw ExitCode(1) }
  }
}
