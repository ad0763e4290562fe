import ArgumentParser
import Checkpoint
import FileCore
import Interop
import Models
import ProgramsCore
import TensorCore

extension BenchProgram {
  /// Measures how many inputs a second a described network answers.
  struct Network: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures the answers a second of a network that a description describes.",
      discussion: """
        Its inputs are texts, or sequences of small numbers; one that writes writes 20 characters.
        Example: bench network g2p-en.npz Models/networks/g2p-en.json --texts words.txt
        """)

    @Argument(help: "The weights.")
    var file: String

    @Argument(help: "The JSON description.")
    var description: String

    @Option(help: "A file with a text a line.")
    var texts: String?

    @Option(help: "The shape of a sequence, STEPSxNUMBERS.")
    var sequence: String?

    @OptionGroup var rounds: RoundsOption
    @OptionGroup var measuring: MeasuringOptions

    func run() throws {
      measuring.apply()
      let (call, count, unit) = try work()
      try call()
      var best = 0.0
      for _ in 0..<rounds.rounds {
        let clock = ContinuousClock()
        let start = clock.now
        var calls = 0
        while clock.now - start < .seconds(measuring.seconds) {
          try call()
          calls += 1
        }
        best = max(best, Double(calls * count) / ((clock.now - start) / .seconds(1)))
      }
      try Console.write("\(Folder.name(of: file)): \(Float(best)) \(unit)/s\n")
    }

    /// What is measured, and what it counts.
    private func work() throws -> (() throws -> Void, Int, String) {
      let description = try NetworkDescription(path: description)
      let weights = try ArrayFile(path: file)
      if description.input?.window != nil {
        let network = try WritingNetwork(description, weights: weights)
        return (
          { for _ in network.text(after: "", sampler: .greedy).prefix(20) {} }, 20, "characters"
        )
      }
      if let sequence {
        let sizes = sequence.split(separator: "x").compactMap { Int($0) }
        guard sizes.count == 2, sizes.allSatisfy({ (1...65_536).contains($0) }) else {
          throw ValidationError("--sequence: expected STEPSxNUMBERS, found \(sequence)")
        }
        let network = try VectorNetwork(description, weights: weights)
        let values = (0..<sizes[0] * sizes[1]).map { Float($0 % 17) / 170 }
        let steps = Tensor(values, shape: sizes)
        return ({ _ = try network.numbers(for: steps) }, 1, "sequences of \(sizes[0]) steps")
      }
      let lines = try lines()
      guard description.output != nil else {
        let network = try VectorNetwork(description, weights: weights)
        return ({ for line in lines { _ = try network.numbers(for: line) } }, lines.count, "texts")
      }
      let network = try TextNetwork(description, weights: weights)
      return ({ _ = network.answers(to: lines) }, lines.count, "texts")
    }

    private func lines() throws -> [String] {
      guard let texts else { throw ValidationError("expected --texts or --sequence") }
      let stream = try TextStream(texts, encoding: .utf8)
      var lines: [String] = []
      while let line = try stream.next() { lines.append(String(decoding: line, as: UTF8.self)) }
      return lines
    }
  }
}
