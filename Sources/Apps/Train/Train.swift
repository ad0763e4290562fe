import AppSupport
import ArgumentParser
import TensorCore
import Training

@main struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a character language model.",
    discussion: """
      Ctrl-C saves; --resume goes on where it stopped, to the bit.
      Example: train --dataset tales --cell gru --hidden 128 --epochs 2 --out model.rnnz
      """)

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    Interruption.listen()
    if let threads = options.threads, !(1...1024).contains(threads) {
      throw ValidationError("threads: expected a number from 1 to 1024, found \(threads)")
    }
    do {
      if options.resume == nil {
        try options.configuration().validate()
        try options.settings().validate()
      }
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    Interruption.listen()
    if let threads = options.threads { ThreadTeam.count = threads }
    var trainer = try options.makeTrainer()
    for hint in trainer.task.hints { Console.error.write("Hint: \(hint)\n") }
    Console.output.write("\(trainer.task.line), \(trainer.settings.line)\n")
    var renderer = try Renderer(log: options.log, appends: options.resume != nil)
    try trainer.run(until: { Interruption.isRequested }) { renderer.render($0) }
    try trainer.save(to: options.out)
    guard trainer.isFinished else {
      Console.output.write(
        "Stopped after step \(trainer.steps). Go on with: train --resume \(options.out)\n")
      throw ExitCode(130)
    }
    Console.output.write(Summary(trainer, path: options.out).text)
  }
}
