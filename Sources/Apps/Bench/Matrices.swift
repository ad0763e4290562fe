import ArgumentParser
import BenchSupport
import ProgramsCore

extension BenchProgram {
  /// Measures recurrences over matrices alone.
  struct Matrices: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Measures recurrences over matrices alone, beside the same arithmetic as a loop in C.")

    @OptionGroup var measuring: MeasuringOptions

    func run() throws {
      measuring.apply()
      try Console.write(MatrixReport(seconds: measuring.seconds).text)
    }
  }
}
