import AppSupport
import ArgumentParser
import BenchSupport

extension BenchProgram {
  /// Measures what the costliest small files of each format take to open.
  struct Hostile: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures what files that are made to be costly take to open.",
      discussion: """
        Each is of a megabyte at most and is opened, or refused, as far as reading goes before an array is \
        asked for: milliseconds of the fastest time, megabytes of memory at most.
        """)

    @Option(help: "How often each is opened.")
    var rounds = 5

    func validate() throws {
      guard (1...1000).contains(rounds) else {
        throw ValidationError("rounds: expected a number from 1 to 1000, found \(rounds)")
      }
    }

    func run() throws {
      try Console.output.write(HostileFiles(rounds: rounds).text)
    }
  }
}
