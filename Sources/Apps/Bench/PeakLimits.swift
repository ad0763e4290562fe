import ArgumentParser
import BenchSupport
import Checkpoint
import FileCore
import ProgramsCore

extension BenchProgram {
  /// Measures the machine's own limits.
  struct PeakLimits: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "peak",
      abstract: "Measures the machine's limits: multiply-add, the matrix unit, and memory.")

    @Flag(help: "The figures for arithmetic as a line of JSON.")
    var json = false

    func run() throws {
      let counts = Array(Set([1, 2, Machine.current.cores])).sorted()
        .filter { $0 <= Machine.current.cores }
      let limits = Limits(threads: counts)
      if json {
        try Console.write(JSONValue(encoding: limits.summary).text + "\n")
        return
      }
      try Console.write(Machine.current.line + "\n\n")
      for text in limits.tables { try Console.write(text) }
    }
  }
}
