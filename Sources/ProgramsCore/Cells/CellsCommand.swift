import ArgumentParser
import Cells

package struct CellsCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "cells",
    abstract: "Lists, shows and checks recurrent cells, and measures how they learn.",
    discussion: """
      Example: cells show gru --latex
      """,
    version: Version.number,
    subcommands: [ListCells.self, ShowCell.self, CheckCells.self, CompareEngines.self])

  package init() {}
}

/// The input size and hidden size of a cell.
struct Sizes: ParsableArguments {
  @Option(help: "Units of the input.")
  var input = 128

  @Option(help: "Units of the cell.")
  var hidden = 128

  func validate() throws {
    for (name, size) in [("input", input), ("hidden", hidden)]
    where !(1...4096).contains(size) {
      throw ValidationError("--\(name): expected a number from 1 to 4096, found \(size)")
    }
  }
}

extension CellRegistry.Entry {
  /// The cell's equations; a usage error if the cell's options don't suit the sizes.
  func graph(_ sizes: Sizes) throws -> CellGraph {
    do {
      try cell.validate(inputSize: sizes.input, hiddenSize: sizes.hidden)
    } catch {
      throw ValidationError("\(name): \(error)")
    }
    return CellGraph(cell, inputSize: sizes.input, hiddenSize: sizes.hidden)
  }
}
