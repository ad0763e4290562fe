import ArgumentParser
import ProgramsCore
import TensorCore

/// The flags for the outputs of training, and for resuming.
struct RunOptions: ParsableArguments {
  @Option(help: "Where the model is saved; usually model.rnnz.", completion: .file())
  var out: String?

  @Option(help: "Goes on with the training in this file, to the bit.", completion: .file())
  var resume: String?

  @Option(help: "Begins with what a run's configuration.json says.", completion: .file())
  var config: String?

  @Flag(help: "Replaces files that are there already.")
  var overwrite = false

  @Option(help: "A folder for curves, samples, checkpoints, a report.", completion: .directory)
  var run: String?

  @Option(help: "FLAG=A,B: trains each in --run; status 1 if one fails.")
  var sweep: [String] = []

  @Option(help: .rare("Runs of a sweep at a time."))
  var parallel: Int?

  @Flag(help: "Draws the curves at the end.")
  var plot = false

  @Flag(help: "Says nothing but errors.")
  var quiet = false

  @Option(
    help: "A line for each step: JSON in a .jsonl, else CSV.", completion: .file())
  var log: String?

  @Option(help: "A folder of events that TensorBoard shows.", completion: .directory)
  var tensorboard: String?

  @Option(help: "Threads; all processors unless given.")
  var threads: Int?

  func validate() throws {
    if config != nil, resume != nil {
      throw ValidationError("--config: a training that goes on has its configuration in its file")
    }
    if let parallel, !(1...256).contains(parallel) {
      throw ValidationError("--parallel: expected a number from 1 to 256, found \(parallel)")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads: expected a number from 1 to 256, found \(threads)")
    }
  }

  /// Refuses to save over what the training reads: `--overwrite` is for what other trainings have left.
  ///
  /// - Parameter dataset: the name of the data: a path, which may follow its format, as in `csv:reviews.txt`.
  func checkOutputs(reading dataset: String) throws(Failure) {
    let path = dataset.firstIndex(of: ":").map { String(dataset[dataset.index(after: $0)...]) }
    for output in [out, log].compactMap(\.self) {
      try FilePlace(output).requireOther(than: dataset, path, config)
    }
  }

  /// Applies the settings of the whole program.
  func apply() {
    if let threads = threads ?? Ranks.threads { ThreadTeam.count = threads }
  }
}
