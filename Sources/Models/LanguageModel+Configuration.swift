import Cells
import TensorCore

extension LanguageModel {
  /// A language model's options and sizes. The size of the vocabulary is its tokenizer's.
  public struct Configuration: Codable, Hashable, Sendable {
    /// The cell of every layer.
    public var cell: NamedCell
    /// The numbers that stand for a token, E.
    public var embeddingSize: Int
    /// The units of every layer, H.
    public var hiddenSize: Int
    /// The number of layers, L.
    public var layers: Int
    /// The share of the units that is dropped between layers, and before the output, while learning.
    public var dropout: Float
    /// Whether the output uses the embedding's weights, which takes as many units as numbers.
    public var tiesWeights: Bool
    /// What is put around the cell of every layer.
    public var recurrent: Recurrent.Options

    /// One layer of a cell from a registry.
    public init(
      cell: NamedCell, embeddingSize: Int = 32, hiddenSize: Int = 128, layers: Int = 1,
      dropout: Float = 0, tiesWeights: Bool = false, recurrent: Recurrent.Options = .init()
    ) {
      self.cell = cell
      self.embeddingSize = embeddingSize
      self.hiddenSize = hiddenSize
      self.layers = layers
      self.dropout = dropout
      self.tiesWeights = tiesWeights
      self.recurrent = recurrent
    }

    /// Reads what was encoded; a file that knows no options of layers has none of them.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      cell = try values.decode(NamedCell.self, forKey: .cell)
      embeddingSize = try values.decode(Int.self, forKey: .embeddingSize)
      hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
      layers = try values.decode(Int.self, forKey: .layers)
      dropout = try values.decode(Float.self, forKey: .dropout)
      tiesWeights = try values.decode(Bool.self, forKey: .tiesWeights)
      recurrent =
        try values.decodeIfPresent(Recurrent.Options.self, forKey: .recurrent) ?? .init()
    }

    /// Checks that a model of these sizes can be.
    ///
    /// - Throws: ``InvalidSetting`` with the first number that is out of range.
    public func validate() throws(InvalidSetting) {
      try InvalidSetting.check("embedding size", embeddingSize, in: 1...InvalidSetting.largestSize)
      try InvalidSetting.check("hidden size", hiddenSize, in: 1...InvalidSetting.largestSize)
      try InvalidSetting.check("layers", layers, in: 1...InvalidSetting.mostLayers)
      try recurrent.validate(
        for: cell, inputSize: embeddingSize, hiddenSize: hiddenSize, layers: layers)
      guard dropout >= 0, dropout < 1 else {
        throw InvalidSetting("dropout", expected: "a share from 0 to below 1", found: dropout)
      }
      guard tiesWeights else { return }
      let outputSize = outline.outputSize
      guard outputSize == embeddingSize else {
        throw InvalidSetting(
          "embedding size", expected: "\(outputSize), the size of the output, for tied weights",
          found: embeddingSize)
      }
    }

    /// The names and shapes of the parameters, without a model that has them.
    package func parameterShapes(vocabularySize: Int) -> [(name: String, shape: [Int])] {
      var shapes = [(name: "embed.weight", shape: [vocabularySize, embeddingSize])]
      let outline = outline
      shapes += outline.parameters.map { ("rnn.\($0.name)", $0.shape) }
      shapes.append(("fc.weight", [vocabularySize, outline.outputSize]))
      shapes.append(("fc.bias", [vocabularySize]))
      return shapes
    }

    /// The recurrent layer with weights that are zero.
    package var recurrentLayer: Recurrent {
      Recurrent(
        cell, inputSize: embeddingSize, hiddenSize: hiddenSize, layers: layers,
        dropout: dropout, layout: .batchFirst, options: recurrent
      ) { parameter, _ in Tensor(zeros: parameter.shape) }
    }

    private var outline:
      (parameters: [(name: String, shape: [Int])], outputSize: Int, states: [CellGraph.State])
    {
      Recurrent.outline(
        cell, inputSize: embeddingSize, hiddenSize: hiddenSize, layers: layers, options: recurrent)
    }
  }
}

extension Recurrent.Options {
  /// Checks the options and a cell's own, as a setting of a model.
  func validate(
    for cell: NamedCell, inputSize: Int, hiddenSize: Int, layers: Int,
    direction: Recurrent.Direction = .forward
  ) throws(InvalidSetting) {
    for size in layerSizes {
      try InvalidSetting.check("layer sizes", size, in: 1...InvalidSetting.largestSize)
    }
    if let projectionSize {
      try InvalidSetting.check(
        "projection size", projectionSize, in: 1...InvalidSetting.largestSize)
    }
    do throws(UnsuitableOption) {
      try validate(
        for: cell.base, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers,
        direction: direction)
    } catch {
      throw InvalidSetting(
        "\(cell.name)'s \(error.option)", expected: error.expected, found: error.found)
    }
  }
}
