import AppSupport
import ArgumentParser
import BenchSupport

extension BenchProgram {
  /// Measures whether it matters which axis of a sequence comes first.
  struct Layout: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Measures an LSTM that reads its sequences batch first and time first, side by side.",
      discussion: "Both columns are measured by turns; the ratio is the median of the pairs.")

    @OptionGroup var measuring: MeasuringOptions

    @Option(help: "How often the two are measured by turns.")
    var rounds = 5

    func validate() throws {
      guard (1...1000).contains(rounds) else {
        throw ValidationError("rounds: expected a number from 1 to 1000, found \(rounds)")
      }
    }

    func run() throws {
      measuring.apply()
      let comparison = LayoutComparison(rounds: rounds, seconds: measuring.seconds)
      Console.output.write("\(comparison.title)\n\n")
      try Console.output.write(comparison.table())
    }
  }
}
