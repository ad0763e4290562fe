import ArgumentParser
import Cells
import Datasets
import Downloads

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
  /// One of the programs.
  public enum Program: String, CaseIterable, Sendable {
    /// Trains a model.
    case train
    /// Asks a model.
    case predict
    /// Measures a model.
    case evaluate
    /// Writes text with a language model.
    case generate
    /// Says what is in a file of weights.
    case inspect
    /// Converts a model to another format.
    case convert
    /// Lists, shows and checks cells.
    case cells
  }

  /// Runs one program with what the library has, and ends the process.
  public static func main(_ program: Program) -> Never {
    run(program.command, with: Library())
  }

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
    var library = Library()
    library.isWhole = true
    for cell in cells { library.register(cell) }
    for dataset in datasets {
      library.datasets.register(dataset.name, summary: dataset.name) { _ in dataset }
    }
    for corpus in corpora {
      library.corpora.register(corpus.name, summary: corpus.name) { _ in corpus }
    }
    for tokenizer in tokenizers { library.tokenizers.register(tokenizer) }
    run(AllPrograms.self, with: library)
  }

  /// Runs a command of this package that is no program of every executable, and ends the process.
  package static func run(_ command: any ParsableCommand.Type) -> Never {
    run(command, with: Library())
  }
}

extension Programs.Program {
  fileprivate var command: any ParsableCommand.Type {
    switch self {
    case .train: Train.self
    case .predict: Predict.self
    case .evaluate: Evaluate.self
    case .generate: Generate.self
    case .inspect: Inspect.self
    case .convert: Convert.self
    case .cells: CellsCommand.self
    }
  }
}

/// An executable's programs side by side.
private struct AllPrograms: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Invocation.name,
      abstract: "Trains, uses and compares recurrent networks.",
      subcommands: Programs.Program.allCases.map(\.command))
  }
}
