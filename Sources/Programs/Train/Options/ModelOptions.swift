import ArgumentParser
import Cells
import Models
import ProgramsCore

/// The flags for the model that all tasks share.
struct ModelOptions: ParsableArguments {
  @Option(help: "rnn, lstm, gru, one of `cells list`, or a text's file.", completion: .cells)
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

  func validate() throws {
    do throws(InvalidSetting) {
      let sizes = [
        ("embedding size", embedding), ("hidden size", hidden), ("batch size", batchSize),
      ]
      for case (let name, let size?) in sizes {
        try InvalidSetting.check(name, size, in: 1...InvalidSetting.largestSize)
      }
      if let layers {
        try InvalidSetting.check("layers", layers, in: 1...InvalidSetting.mostLayers)
      }
    } catch {
      throw ValidationError(flagging: error)
    }
  }

  /// A configuration changed by these flags and those of the layers.
  func applied(
    to configuration: ModelConfiguration, _ around: LayerOptions
  ) throws -> ModelConfiguration {
    var result = configuration
    if let cell {
      result.cell = try Library.current.cell(cell)
      // A preset's initialization may be that of its own cell's gates.
      if result.cell != configuration.cell {
        result.recurrent.initialization = Recurrent.Options().initialization
      }
    }
    result.embeddingSize = embedding ?? result.embeddingSize
    result.hiddenSize = hidden ?? result.hiddenSize
    result.layers = layers ?? result.layers
    result.dropout = dropout ?? result.dropout
    result.recurrent = around.applied(to: result.recurrent)
    return result
  }
}
