import ArgumentParser
import Cells

/// The flags for the model, equal for all tasks.
struct ModelOptions: ParsableArguments {
  @Option(help: "The cell: rnn, lstm, gru, and what `cells list` names.")
  var cell: String?

  @Option(help: "Numbers that stand for a token.")
  var embedding: Int?

  @Option(help: "Units of a layer.")
  var hidden: Int?

  @Option(help: "Layers.")
  var layers: Int?

  @Option(help: "Share of the units that is dropped between layers.")
  var dropout: Float?

  @Option(help: "Samples side by side in a step.")
  var batchSize: Int?

  /// The cell of the flag, or the preset's.
  func cell(or preset: NamedCell) throws -> NamedCell {
    try cell.map { try Library.current.cells.cell(named: $0) } ?? preset
  }
}
