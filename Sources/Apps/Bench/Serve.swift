import ArgumentParser
import BenchSupport
import Checkpoint
import FileCore
import ProgramsCore

extension BenchProgram {
  /// Measures one requested case after the other: one side of a comparison.
  struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures what standard input asks for, a line of JSON each: for comparisons.",
      discussion: """
        {"case": "lstm-256", "precision": "highest", "seconds": 0.5} is answered by a line like those of \
        `bench run --json`. The model stays as long as the same case is asked for. {"limit": true} is answered by \
        the multiply-adds a second that all threads reach at this moment.
        """,
      shouldDisplay: false)

    @OptionGroup var measuring: MeasuringOptions

    func run() throws {
      measuring.apply()
      var server = BenchServer()
      while let line = readLine() {
        try Console.write(try JSONValue(encoding: server.answer(line)).text + "\n")
      }
    }
  }
}
