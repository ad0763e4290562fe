import ArgumentParser
import BenchSupport
import ProgramsCore

extension BenchProgram {
  /// Compares the layouts time first and batch first.
  struct Layout: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Measures an LSTM that reads its sequences batch first and time first, side by side.",
      discussion: "Both columns are measured by turns; the ratio is the median of the pairs.")

    @OptionGroup var measuring: MeasuringOptions

    @OptionGroup var repeating: RoundsOption

    func run() throws {
      measuring.apply()
      let comparison = LayoutComparison(rounds: repeating.rounds, seconds: measuring.seconds)
      try Console.write("\(comparison.title)\n\n")
      try Console.write(comparison.table())
    }
  }
}
