import AppSupport
import ArgumentParser
import Cells

struct CheckCells: AsyncParsableCommand {
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

  func run() async throws {
    let entries =
      all ? CellRegistry.standard.entries : try names.map { try CellRegistry.entry($0) }
    var failures = 0
    for await (entry, report) in reports(of: entries) {
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

  /// The reports in the order of the entries; the cells are checked side by side.
  private func reports(
    of entries: [CellRegistry.Entry]
  ) -> AsyncStream<(CellRegistry.Entry, GradientReport)> {
    AsyncStream { stream in
      Task { [seed] in
        await withTaskGroup(of: (Int, GradientReport).self) { group in
          for (index, entry) in entries.enumerated() {
            group.addTask { (index, checkGradients(of: entry.cell, seed: seed)) }
          }
          var finished: [Int: GradientReport] = [:]
          var next = 0
          for await (index, report) in group {
            finished[index] = report
            while let report = finished[next] {
              stream.yield((entries[next], report))
              next += 1
            }
          }
        }
        stream.finish()
      }
    }
  }
}
