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

    /// One layer of a cell from a registry.
    public init(
      cell: NamedCell, embeddingSize: Int = 32, hiddenSize: Int = 128, layers: Int = 1,
      dropout: Float = 0, tiesWeights: Bool = false
    ) {
      self.cell = cell
      self.embeddingSize = embeddingSize
      self.hiddenSize = hiddenSize
      self.layers = layers
      self.dropout = dropout
      self.tiesWeights = tiesWeights
    }

    /// Checks that a model of these sizes can be.
    ///
    /// - Throws: ``InvalidSetting`` with the first number that is out of range.
    public func validate() throws(InvalidSetting) {
      try InvalidSetting.check("embedding size", embeddingSize, in: 1...InvalidSetting.largestSize)
      try InvalidSetting.check("hidden size", hiddenSize, in: 1...InvalidSetting.largestSize)
      try InvalidSetting.check("layers", layers, in: 1...InvalidSetting.mostLayers)
      try validateCell(inputSize: embeddingSize)
      if layers > 1 { try validateCell(inputSize: graph(inputSize: embeddingSize).outputSize) }
      guard dropout >= 0, dropout < 1 else {
        throw InvalidSetting("dropout", expected: "a share from 0 to below 1", found: dropout)
      }
      guard tiesWeights else { return }
      let outputSize = graph(inputSize: embeddingSize).outputSize
      guard outputSize == embeddingSize else {
        throw InvalidSetting(
          "embedding size", expected: "\(outputSize), the size of the output, for tied weights",
          found: embeddingSize)
      }
    }

    private func validateCell(inputSize: Int) throws(InvalidSetting) {
      do throws(UnsuitableOption) {
        try cell.validate(inputSize: inputSize, hiddenSize: hiddenSize)
      } catch {
        throw InvalidSetting(
          "\(cell.name)'s \(error.option)", expected: error.expected, found: error.found)
      }
    }

    /// The names and shapes of the parameters, without a model that has them.
    func parameterShapes(vocabularySize: Int) -> [(name: String, shape: [Int])] {
      var shapes = [(name: "embed.weight", shape: [vocabularySize, embeddingSize])]
      let first = graph(inputSize: embeddingSize)
      let next = layers > 1 ? graph(inputSize: first.outputSize) : first
      for layer in 0..<layers {
        for parameter in (layer == 0 ? first : next).parameters {
          shapes.append(("rnn.\(parameter.name)_l\(layer)", parameter.shape))
        }
      }
      shapes.append(("fc.weight", [vocabularySize, first.outputSize]))
      shapes.append(("fc.bias", [vocabularySize]))
      return shapes
    }

    /// The recurrent layer with weights that are zero.
    var recurrentLayer: Recurrent {
      Recurrent(
        cell, inputSize: embeddingSize, hiddenSize: hiddenSize, layers: layers,
        layout: .batchFirst
      ) { Tensor(zeros: $0.shape) }
    }

    private func graph(inputSize: Int) -> CellGraph {
      CellGraph(cell, inputSize: inputSize, hiddenSize: hiddenSize)
    }
  }
}
