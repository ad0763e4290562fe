import Cells
import Checkpoint
import Datasets

/// The cells, datasets, texts and tokenizers that flags and files can name: those of the package and of the executable.
package struct Library: Sendable {
  /// The running program's.
  @TaskLocal package static var current = Library()

  /// The cells that `--cell` and files name.
  package var cells = CellRegistry.standard
  /// The samples that `--data` names.
  package var datasets = DatasetRegistry.standard
  /// The texts that `--dataset` names.
  package var corpora = CorpusRegistry.standard
  /// The tokenizers that files name.
  package var tokenizers = TokenizerRegistry.standard
  /// Whether the executable has all programs as subcommands.
  package var isWhole = false
  /// Adds advice to an error that the executable knows more about.
  package var advised: @Sendable (any Error) -> any Error = { $0 }

  /// The package's own cells and data.
  package init() {}

  /// Adds a cell under the name of its type, without `Cell` at the end and in lower case.
  package mutating func register(_ cell: some ConfigurableCell) {
    let name = "\(type(of: cell))"
    let stem = name.hasSuffix("Cell") && name != "Cell" ? String(name.dropLast(4)) : name
    cells.register(
      stem.kebabCased, cell, summary: "\(name), of this program", paper: "this program")
  }

  /// Opens a checkpoint whose model may have the cells and tokenizers of this library.
  ///
  /// - Parameter resumes: whether a training is to go on, which no converted model can.
  /// - Throws: `CheckpointError`; for a file of another format, ``Failure`` with the command that converts it.
  package func reader(_ path: String, resumes: Bool = false) throws -> CheckpointReader {
    var reader: CheckpointReader
    do {
      reader = try CheckpointReader(path: path)
    } catch {
      guard !resumes, let command = Convert.command(for: path) else { throw error }
      throw Failure("\(error); '\(command)' makes one of it")
    }
    reader.userInfo = cells.userInfo.merging(tokenizers.userInfo) { first, _ in first }
    return reader
  }
}

extension String {
  /// A type's name in lower case, its words joined by hyphens: `LeakyUnit` gives `leaky-unit`, `LSTM2` gives `lstm2`.
  fileprivate var kebabCased: String {
    var result = ""
    var previous: Character?
    for (index, character) in zip(indices, self) {
      let next = self[index...].dropFirst().first
      let startsWord =
        character.isUppercase
        && (previous.map { !$0.isUppercase } == true || next?.isLowercase == true)
      if startsWord, previous != nil { result += "-" }
      result += character.lowercased()
      previous = character
    }
    return result
  }
}
