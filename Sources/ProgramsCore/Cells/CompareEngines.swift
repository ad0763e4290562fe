import ArgumentParser
import Cells
import FileCore

struct CompareEngines: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engines",
    abstract: "Measures how far gradient engines are from the exact gradient.",
    discussion: """
      The mean over ten layers with random weights, each on a random sequence that is learned step by step: the \
      cosine of the angle to the exact gradient, and the distance from it as a share of its length.
      Example: cells engines lstm gru indrnn
      """)

  @Argument(
    help: "The cells' names, as in `cells list`, or files of cells as text.", completion: .cells)
  var names: [String]

  @Option(help: "Units of the input and of the cell.")
  var hidden = 8

  @Option(help: "Steps of the sequence.")
  var steps = 32

  func validate() throws {
    guard (1...64).contains(hidden) else {
      throw ValidationError("--hidden: expected a number from 1 to 64, found \(hidden)")
    }
    guard (1...1000).contains(steps) else {
      throw ValidationError("--steps: expected a number from 1 to 1000, found \(steps)")
    }
    let sizes = try Sizes.parse(["--input", "\(hidden)", "--hidden", "\(hidden)"])
    for name in names { _ = try Library.current.entry(name).graph(sizes) }
  }

  func run() throws {
    let engines: [GradientEngine] = [
      .rtrl, .snap1, .uoro(seed: 0), .tbptt(every: 1, through: 1), .tbptt(every: 1, through: 4),
      .tbptt(every: 1, through: 16),
    ]
    for name in names {
      let cell = try Library.current.entry(name).cell
      try Console.write("\(name)\n")
      for engine in engines {
        let found = try EngineComparison(cell, hiddenSize: hidden, steps: steps, engines: [engine])
        for result in found.results {
          try Console.write(
            "  \(word(engine))  cosine \(result.cosine.text(3))  distance \(result.distance.text(3))\n"
          )
        }
      }
    }
  }

  private func word(_ engine: GradientEngine) -> String {
    let word =
      switch engine {
      case .tbptt(_, let reach): "tbptt through \(reach)"
      case .snap1: "snap1"
      case .uoro: "uoro"
      case .rtrl: "rtrl"
      case .bptt, .checkpointed: "bptt"
      }
    return word + String(repeating: " ", count: max(0, 16 - word.count))
  }
}
