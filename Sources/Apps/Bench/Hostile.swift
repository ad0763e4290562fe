import ArgumentParser
import BenchSupport
import ProgramsCore

extension BenchProgram {
  /// Measures the time and memory for opening the most expensive small files of each format.
  struct Hostile: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures what files that are made to be costly take to open.",
      discussion: """
        Each is of a megabyte at most and is opened, or refused, as far as reading goes before an array is \
        asked for: milliseconds of the fastest time, megabytes of memory at most.
        """)

    @OptionGroup var repeating: RoundsOption

    func run() throws {
      try Console.write(HostileFiles(rounds: repeating.rounds).text)
    }
  }
}
