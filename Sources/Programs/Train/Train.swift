import ArgumentParser
import ProgramsCore

package struct Train: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract: "Trains a model: of text, unless a subcommand asks for another task.",
    discussion: """
      Ctrl-C saves; --resume goes on where it stopped, to the bit, whatever the task.
      `train text --help` lists the flags of text, which need no subcommand.
      Example: train --dataset tales --cell gru --hidden 128 --out model.rnnz
      """,
    version: Version.number,
    subcommands: [
      TrainText.self, TrainSequence<Classify>.self, TrainSequence<Regress>.self,
      TrainSequence<Forecast>.self, TrainSequence<Tag>.self, TrainSequence<Translate>.self,
      TrainSequence<Transcribe>.self, TrainSequence<Names>.self, TrainSequence<Lab>.self,
    ],
    defaultSubcommand: TrainText.self)

  package init() {}
}
