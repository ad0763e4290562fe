import ArgumentParser
import Cells
import Datasets
import Downloads
import ProgramsCore

/// The command-line programs, for executables of one's own too.
///
/// An executable with a cell, a dataset and a tokenizer of its own, which has `train`, `predict`, `evaluate`, `generate`
/// and the others as subcommands, is one line:
///
/// ```swift
/// import Programs
///
/// Programs.main(cells: [LeakyCell()], datasets: [Signs()], tokenizers: [SignTokenizer.self])
/// ```
///
/// ```
/// own train classify --data signs --cell leaky --out signs.rnnz
/// own predict --ckpt signs.rnnz
/// ```
public enum Programs {
  /// Runs all programs, each a subcommand, with cells and data of one's own beside the library's; ends the process.
  ///
  /// - Parameters:
  ///   - cells: cells with the options to begin with. A type's name without `Cell` names it, in lower case: `LeakyCell` is `leaky`.
  ///   - datasets: data for `--data`, each under its own name.
  ///   - corpora: texts for `--dataset`, each under its own name.
  ///   - tokenizers: what models may be saved with.
  public static func main(
    cells: [any ConfigurableCell] = [], datasets: [any Dataset] = [],
    corpora: [any Corpus] = [], tokenizers: [any Tokenizer.Type] = []
  ) -> Never {
    var library = Library.fetching
    library.isWhole = true
    for cell in cells { library.register(cell) }
    for dataset in datasets {
      library.datasets.register(dataset.name, summary: dataset.name) { _ in dataset }
    }
    for corpus in corpora {
      library.corpora.register(corpus.name, summary: corpus.name) { _ in corpus }
    }
    for tokenizer in tokenizers { library.tokenizers.register(tokenizer) }
    if CommandLine.arguments.dropFirst().first == "train" { Ranks.join() }
    Program.main(AllPrograms.self, with: library)
  }

  /// Runs one program of this package, with texts that are fetched by name, and ends the process.
  package static func main(_ command: any ParsableCommand.Type) -> Never {
    if command == Train.self { Ranks.join() }
    Program.main(command, with: .fetching)
  }
}

/// An executable's programs side by side.
private struct AllPrograms: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Invocation.name,
      abstract: "Trains, uses and compares recurrent networks.",
      version: Version.number,
      subcommands: [
        Train.self, Predict.self, Evaluate.self, Generate.self, Inspect.self, Convert.self,
        CellsCommand.self, Report.self,
      ])
  }
}
