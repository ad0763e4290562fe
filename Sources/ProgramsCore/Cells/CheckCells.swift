import ArgumentParser
import Cells
import Dispatch
import Synchronization

struct CheckCells: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compares what is derived from a cell's equations with their definition.",
    discussion: """
      The compiled plan against the double-precision oracle, the oracle against central differences, learning in \
      real time against backpropagation through time, and the laws of a recurrence. Ends with status 1 where a \
      difference is too large.
      """)

  @Argument(
    help: "The cells' names, as in `cells list`, or files of cells as text.", completion: .cells)
  var names: [String] = []

  @Flag(help: "Check every cell.")
  var all = false

  @Option(help: "Draws the parameters, the input and the loss.")
  var seed: UInt64 = 1

  func validate() throws {
    if all == !names.isEmpty {
      throw ValidationError("expected the names of cells, or --all")
    }
    for name in names { _ = try Library.current.entry(name) }
  }

  func run() throws {
    let entries =
      all ? Library.current.cells.entries : try names.map { try Library.current.entry($0) }
    var failures = 0
    try forEachReport(of: entries) { entry, report in
      let failed = report.checks.filter { !$0.passed }
      failures += failed.isEmpty ? 0 : 1
      let shown = all ? failed : report.checks
      let outcome =
        failed.isEmpty
        ? "\(report.checks.count) checks passed"
        : "\(failed.count) of \(report.checks.count) checks failed"
      try Console.write("\(entry.name): \(outcome)\n" + shown.map { "  \($0)\n" }.joined())
    }
    if all {
      try Console.write("\(entries.count - failures) of \(entries.count) cells passed\n")
    }
    if failures > 0 { throw ExitCode(1) }
  }

  /// The report of a cell, for the sizes that its text is for if it is for such only.
  private static func report(_ cell: some RecurrentCell, _ seed: UInt64) -> GradientReport {
    let sizes = (cell as? CellText)?.fixedSizes
    return checkGradients(
      of: cell, inputSize: sizes?.input ?? 3, hiddenSize: sizes?.hidden, seed: seed)
  }

  /// Checks cells in parallel, and calls `body` with their reports in the order of the entries.
  private func forEachReport(
    of entries: [CellRegistry.Entry], _ body: (CellRegistry.Entry, GradientReport) throws -> Void
  ) throws {
    let (reports, done) = (Reports(), DispatchSemaphore(value: 0))
    DispatchQueue.global().async { [seed] in
      DispatchQueue.concurrentPerform(iterations: entries.count) { index in
        let report = Self.report(entries[index].cell, seed)
        reports.byIndex.withLock { $0[index] = report }
        done.signal()
      }
    }
    var next = 0
    for _ in entries {
      done.wait()
      while let report = reports.byIndex.withLock({ $0[next] }) {
        try body(entries[next], report)
        next += 1
      }
    }
  }
}

/// The finished reports by the index of their entry.
private final class Reports: Sendable {
  let byIndex = Mutex([Int: GradientReport]())
}
