import Cells
import Datasets
import FileCore
import Models
import Training

/// All that decides a training: the same setup gives the same bits. A link to the page holds it as JSON.
package struct Setup: Codable, Hashable, Sendable {
  /// The name of a corpus, or `text` for the text that was sent.
  package var data = "tales"
  /// The text, where `data` is `text`.
  package var text = ""
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
  }
}

extension Setup {
  /// The trainings of the setup, one for each cell.
  ///
  /// - Throws: `Refusal` with what is wrong.
  func learners() throws -> [Learner] {
    let corpus = try corpus()
    return try [cell, beside].filter { !$0.isEmpty }.map { choice in
      let cell = try Zoo.cell(choice)
      try checkCost(of: cell)
      let configuration = LanguageModelTask.Configuration(
        dataset: data,
        model: ModelConfiguration(cell: cell, hiddenSize: units, layers: layers),
        windows: Windows(.sequential, batchSize: 16, sequenceLength: 48))
      var settings = TrainingSettings()
      settings.epochs = 1_000_000
      settings.learningRate = rate
      settings.clip = 1
      settings.evaluateEvery = 50
      settings.seed = seed
      return Learner(
        title: cell.name,
        try LanguageModelTrainer(LanguageModelTask(configuration, corpus), settings))
    }
  }

  private func corpus() throws -> TokenizedCorpus {
    guard data == "text" else {
      guard data == "tales" else {
        throw Refusal("data: expected tales or text, found \(data)")
      }
      return try TokenizedCorpus(CorpusRegistry.standard.corpus("tales:200000"))
    }
    guard (Limits.shortestText...Limits.text).contains(text.utf8.count) else {
      throw Refusal(
        "text: expected \(Limits.shortestText) to \(Limits.text) bytes, found \(text.utf8.count)")
    }
    return try TokenizedCorpus(SentText(text: text))
  }

  /// Refuses sizes whose steps would take too long or too much memory.
  private func checkCost(of cell: NamedCell) throws {
    try InvalidSetting.check("units", units, in: Limits.units)
    try InvalidSetting.check("layers", layers, in: Limits.layers)
    guard rate > 0, rate <= 10 else {
      throw InvalidSetting("learning rate", expected: "a number above 0, at most 10", found: rate)
    }
    try cell.validate(inputSize: 32, hiddenSize: units)
    let graph = CellGraph(cell, inputSize: 32, hiddenSize: units)
    guard graph.parameterCount <= Limits.parameters,
      graph.operationsPerStep <= Limits.operations
    else {
      throw Refusal(
        "\(cell.name) of \(units) units: expected at most \(Limits.parameters) weights and "
          + "\(Limits.operations) operations a step, found \(graph.parameterCount) and \(graph.operationsPerStep)"
      )
    }
  }
}

/// A text that the page sent.
private struct SentText: Corpus {
  let name = "text"
  let text: String
  func read() throws -> CorpusText { CorpusText(text) }
}

/// Why the page's request can't be answered, in one line for its reader.
package struct Refusal: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
