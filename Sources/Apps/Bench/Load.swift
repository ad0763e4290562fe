import ArgumentParser
import BenchSupport
import ProgramsCore
import TensorCore

extension BenchProgram {
  /// Compares all threads with one while the machine is busy.
  struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures all threads beside one while 0, 1, 2 and 4 other processes are busy.",
      discussion: "Above 1 several threads are slower than one would be on the same busy machine.")

    @Argument(help: "Names of cases or groups.")
    var cases: [String] = ["note", "lstm-128", "gen-512"]

    @OptionGroup var own: CaseOptions
    @OptionGroup var measuring: MeasuringOptions
    @OptionGroup var repeating: RoundsOption

    func validate() throws {
      for name in cases where BenchmarkCase.cases(named: name).isEmpty {
        throw ValidationError("\(name): no such case; `bench run --help` lists them")
      }
    }

    func run() throws {
      measuring.apply()
      let chosen = own.isGiven ? [own.benchmark] : cases.flatMap(BenchmarkCase.cases)
      let comparison = LoadComparison(rounds: repeating.rounds, seconds: measuring.seconds)
      try Console.write("\(Machine.current.line); \(ThreadTeam.count) threads\n\n")
      try Console.write(comparison.table(chosen))
    }
  }
}
