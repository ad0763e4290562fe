import ArgumentParser
import BenchSupport
import FileCore
import ProgramsCore
import TensorCore

extension BenchProgram {
  /// Does a case's work a number of times, without a clock: for profilers.
  struct Repeat: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Runs a case, or one of your own, a number of times; prints how often its work was done.",
      shouldDisplay: false)

    @Argument(help: "The name of a case.")
    var name: String?

    @OptionGroup var own: CaseOptions

    @Option(help: "How often, after two runs that warm up.")
    var runs = 10

    @Option(help: "Threads to share the work.")
    var threads = 1

    func validate() throws {
      guard (1...256).contains(threads), (0...1_000_000).contains(runs) else {
        throw ValidationError("expected 1 to 256 threads and 0 to 1000000 runs")
      }
      if let name, BenchmarkCase.cases(named: name).count != 1 {
        throw ValidationError("\(name): no such case; `bench run --help` lists them")
      }
    }

    func run() throws {
      ThreadTeam.count = threads
      let benchmark = name.map { BenchmarkCase.cases(named: $0)[0] } ?? own.benchmark
      try Console.write("\(Bench(benchmark).run(times: runs))\n")
    }
  }
}
