import ArgumentParser
import BenchSupport
import Models
import ProgramsCore

extension BenchProgram {
  /// Measures how large a trained model's file is, and how long saving and loading it takes.
  struct Checkpoints: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "checkpoint",
      abstract: "Measures size, saving and loading of a trained model in our formats.",
      discussion: """
        Trains a model first, unless one is given. With --export the same weights are left for \
        Benchmarks/peers/checkpoint.py, which measures the formats of others.
        """)

    @Option(help: "The model, a .rnnz file that `train` wrote.")
    var ckpt: String?

    @Option(help: "Seconds to train for where no model is given.")
    var trainingSeconds = 20.0

    @Option(help: "Units of a layer of the model that is trained.")
    var hidden = 512

    @Option(help: "A file that gets the weights, as safetensors.")
    var export: String?

    @OptionGroup var measuring: MeasuringOptions

    func validate() throws {
      guard trainingSeconds > 0, trainingSeconds <= 3600 else {
        throw ValidationError(
          "training seconds: expected a number above 0, at most 3600, found \(trainingSeconds)")
      }
      guard (1...4096).contains(hidden) else {
        throw ValidationError("hidden: expected a number from 1 to 4096, found \(hidden)")
      }
    }

    func run() throws {
      measuring.apply()
      let comparison = CheckpointComparison(try model(), seconds: measuring.seconds)
      try Console.write(comparison.title + "\n\n")
      try Console.write(comparison.table())
      if let export { try comparison.export(to: export) }
    }

    private func model() throws -> LanguageModel {
      if let ckpt { return try SavedLanguageModel(path: ckpt).model }
      let sizes = BenchmarkCase("checkpoint") {
        ($0.hiddenSize, $0.batch, $0.steps) = (hidden, 32, 64)
      }
      return try sizes.trainedModel(seconds: trainingSeconds)
    }
  }
}
