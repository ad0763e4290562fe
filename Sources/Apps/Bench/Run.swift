import ArgumentParser
import BenchSupport
import Checkpoint
import FileCore
import ProgramsCore
import TensorCore

extension BenchProgram {
  /// Measures cases and prints a table.
  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures cases: those that are named, or one of your own by its cell and sizes.",
      discussion: "Cases: \(BenchmarkCase.standard.map(\.name).joined(separator: ", ")). "
        + "Groups: \(BenchmarkCase.groups.joined(separator: ", ")).")

    @Argument(help: "Names of cases or groups; all of them unless given.")
    var cases: [String] = []

    @OptionGroup var own: CaseOptions
    @OptionGroup var measuring: MeasuringOptions

    @Option(help: "How accurately products are computed.")
    var precision = Precision.highest

    @Flag(help: "A line of JSON for each case instead of a table.")
    var json = false

    func validate() throws {
      for name in cases where BenchmarkCase.cases(named: name).isEmpty {
        throw ValidationError("\(name): no such case; `bench run --help` lists them")
      }
      if own.isGiven, !cases.isEmpty {
        throw ValidationError("name cases, or give the sizes of one of your own, but not both")
      }
    }

    func run() throws {
      measuring.apply()
      if json {
        for benchmark in chosen { try Console.write(line(measure(benchmark)) + "\n") }
        return
      }
      var report = Report(precision)
      try Console.write(report.head)
      for benchmark in chosen { try report.add(measure(benchmark)) }
      try Console.write(report.text)
    }

    private var chosen: [BenchmarkCase] {
      let known = (cases.isEmpty ? ["all"] : cases).flatMap { BenchmarkCase.cases(named: $0) }
      return (own.isGiven ? [own.benchmark] : known).map {
        var benchmark = $0
        benchmark.precision = precision
        return benchmark
      }
    }

    private func measure(_ benchmark: BenchmarkCase) throws -> Measurement {
      try Bench(benchmark).measure(seconds: measuring.seconds)
    }

    private func line(_ measurement: Measurement) throws -> String {
      try JSONValue(encoding: measurement).text
    }
  }
}
