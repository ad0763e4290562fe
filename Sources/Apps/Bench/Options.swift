import ArgumentParser
import BenchSupport
import Cells
import TensorCore

/// The flags of every measuring command.
struct MeasuringOptions: ParsableArguments {
  @Option(help: "Threads to share the work; all processors unless given.")
  var threads: Int?

  @Option(help: "Seconds to measure each case for.")
  var seconds = 1.0

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads: expected a number from 1 to 256, found \(threads)")
    }
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("--seconds: expected a number above 0, at most 3600, found \(seconds)")
    }
  }

  func apply() {
    if let threads { ThreadTeam.count = threads }
  }
}

/// The number of alternating measurements.
struct RoundsOption: ParsableArguments {
  @Option(help: "How often each is measured, by turns.")
  var rounds = 5

  func validate() throws {
    guard (1...1000).contains(rounds) else {
      throw ValidationError("--rounds: expected a number from 1 to 1000, found \(rounds)")
    }
  }
}

/// A custom case: the sizes of the standard LSTM case, changed by flags.
struct CaseOptions: ParsableArguments {
  @Option(help: "The cell: lstm, gru, and more.")
  var cell: String?

  @Option(help: "What is done: \(BenchmarkCase.Task.list).")
  var task: BenchmarkCase.Task?

  @Option(help: "Numbers that stand for a token, or the units of the input.")
  var input: Int?

  @Option(help: "Units of a layer.")
  var hidden: Int?

  @Option(help: "Layers.")
  var layers: Int?

  @Option(help: "Sequences side by side.")
  var batch: Int?

  @Option(help: "Steps of a sequence.")
  var steps: Int?

  @Option(help: "Steps of the shortest sequence; without it all are equally long.")
  var shortest: Int?

  @Option(help: "Different tokens.")
  var vocabulary: Int?

  var isGiven: Bool {
    cell != nil || task != nil
      || [input, hidden, layers, batch, steps, shortest, vocabulary].contains { $0 != nil }
  }

  func validate() throws {
    for (name, value) in [
      ("input", input), ("hidden", hidden), ("layers", layers), ("batch", batch),
      ("steps", steps), ("vocabulary", vocabulary),
    ] {
      let limit = name == "layers" ? 64 : 65_536
      if let value, !(1...limit).contains(value) {
        throw ValidationError("--\(name): expected a number from 1 to \(limit), found \(value)")
      }
    }
    if let vocabulary, !(2...20_000).contains(vocabulary) {
      throw ValidationError("--vocabulary: expected a number from 2 to 20000, found \(vocabulary)")
    }
    if let shortest, !(1...(steps ?? BenchmarkCase("custom").steps)).contains(shortest) {
      throw ValidationError("--shortest: expected a number from 1 to the steps, found \(shortest)")
    }
    guard isGiven else { return }
    do {
      try benchmark.validate()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  var benchmark: BenchmarkCase {
    BenchmarkCase("custom") {
      $0.task = task ?? $0.task
      $0.cell = cell ?? $0.cell
      $0.layers = layers ?? ([.train, .tag, .infer, .generate].contains($0.task) ? 2 : 1)
      $0.inputSize = input ?? $0.inputSize
      $0.hiddenSize = hidden ?? $0.hiddenSize
      $0.batch = batch ?? $0.batch
      $0.steps = steps ?? $0.steps
      $0.directions = $0.task == .tag ? 2 : 1
      let longest = $0.steps
      $0.lengthRange = shortest.map { $0...longest } ?? ($0.task == .tag ? 20...100 : nil)
      $0.vocabularySize = vocabulary ?? $0.vocabularySize
    }
  }
}

extension BenchmarkCase.Task: ExpressibleByArgument {
  static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
