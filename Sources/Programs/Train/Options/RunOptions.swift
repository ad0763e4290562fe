import ArgumentParser
import TensorCore

/// The flags for the outputs of training, and for resuming.
struct RunOptions: ParsableArguments {
  @Option(help: "Where the model is saved; usually model.rnnz.")
  var out: String?

  @Option(help: "Goes on with the training in this file, to the bit.")
  var resume: String?

  @Flag(help: "Replaces files that are there already.")
  var overwrite = false

  @Option(help: "A folder for everything: curves, samples, checkpoints, report.html.")
  var run: String?

  @Flag(help: "Draws the curves at the end.")
  var plot = false

  @Option(help: .rare("A CSV file with a line for each step."))
  var log: String?

  @Option(help: "Threads to share the work; all processors unless given.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: expected a number from 1 to 1024, found \(threads)")
    }
  }

  /// Applies the settings of the whole program.
  func apply() {
    if let threads { ThreadTeam.count = threads }
  }
}
