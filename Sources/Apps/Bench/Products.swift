import ArgumentParser
import BenchSupport
import ProgramsCore

extension BenchProgram {
  /// Measures only the matrix products of a cell's plan.
  struct Products: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures the matrix products of a layer's plan alone, beside the machine's limit.",
      discussion: "Example: bench products --cell lstm --input 512 --hidden 512")

    @OptionGroup var own: CaseOptions
    @OptionGroup var measuring: MeasuringOptions

    func run() throws {
      measuring.apply()
      let report = try ProductReport(own.benchmark, seconds: measuring.seconds)
      try Console.write(report.text)
    }
  }
}
