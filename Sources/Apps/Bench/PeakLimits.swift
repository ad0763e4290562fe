import AppSupport
import ArgumentParser
import BenchSupport

extension BenchProgram {
  /// Measures the machine's own limits.
  struct PeakLimits: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "peak",
      abstract: "Measures the machine's limits: multiply-add, the matrix unit, and memory.")

    func run() throws {
      Console.output.write(Machine.current.line + "\n\n")
      let counts = Array(Set([1, 2, Machine.current.cores])).sorted()
        .filter { $0 <= Machine.current.cores }
      for text in Limits(threads: counts).tables { Console.output.write(text) }
    }
  }
}
