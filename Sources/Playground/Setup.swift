import FileCore

/// All that decides a training: the same setup gives the same bits. A link to the page holds it as JSON.
package struct Setup: Codable, Hashable, Sendable {
  /// The name of one of ``DataChoice/all``; `text` and `table` stand for what was sent.
  package var data = "tales"
  /// The text or table, where `data` is `text` or `table`.
  package var text = ""
  /// The task of a table: a `FileTask`; empty for the usual one for its content.
  package var task = ""
  /// The name of a cell, or the text of a cell's equations.
  package var cell = "lstm"
  /// A second cell that learns beside the first; empty for none.
  package var beside = ""
  /// The hidden size of every layer.
  package var units = 64
  /// The number of layers.
  package var layers = 1
  /// The learning rate to begin with.
  package var rate = 0.005
  /// The seed of the weights.
  package var seed: UInt64 = 1

  package init() {}

  /// The training that runs when the page opens.
  package static let opening = Setup()

  /// Missing values have their defaults.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    data = try values.decodeIfPresent(String.self, forKey: .data) ?? data
    text = try values.decodeIfPresent(String.self, forKey: .text) ?? text
    task = try values.decodeIfPresent(String.self, forKey: .task) ?? task
    cell = try values.decodeIfPresent(String.self, forKey: .cell) ?? cell
    beside = try values.decodeIfPresent(String.self, forKey: .beside) ?? beside
    units = try values.decodeIfPresent(Int.self, forKey: .units) ?? units
    layers = try values.decodeIfPresent(Int.self, forKey: .layers) ?? layers
    rate = try values.decodeIfPresent(Double.self, forKey: .rate) ?? rate
    seed = try values.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
  }

  /// The sizes that the page may ask for.
  package enum Limits {
    package static let text = 1 << 20
    package static let shortestText = 2_000
    package static let cellText = 16_384
    package static let units = 1...256
    package static let layers = 1...3
    package static let parameters = 2_000_000
    /// The units of the signals of a step, which states of matrices make many of.
    package static let operations = 40_000_000
    /// The operations of all steps of a batch of samples.
    package static let batchOperations = 20_000_000_000
    /// The steps of a sample.
    package static let steps = 2_000
  }
}

/// Why the page's request can't be answered, in one line for its reader.
package struct Refusal: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
