import Cells
import Datasets
import Requirements

/// The options and sizes of a language model or sequence model. The kind of the model, its input and its answers are
/// described elsewhere; options that a kind does not use have no effect.
///
/// Options that are missing in a file have their defaults.
public struct ModelConfiguration: Hashable, Sendable {
  /// The cell of every layer.
  public var cell: NamedCell
  /// The embedding size of a token or class, E.
  public var embeddingSize = 32
  /// The hidden size of every layer, H.
  public var hiddenSize = 64
  /// The number of layers, L.
  public var layers = 1
  /// The dropout probability between layers and before the output layer, in training.
  public var dropout: Float = 0
  /// Whether the layers are bidirectional.
  public var isBidirectional = false
  /// How the outputs of two directions are merged.
  public var merge = Recurrent.Merge.concatenate
  /// Options of the recurrent layer.
  public var recurrent = Recurrent.Options()
  /// Whether a language model's output weight is tied to the embedding, which needs E = H.
  public var tiesWeights = false
  /// How the outputs of all steps are pooled, for one answer.
  public var pooling = Pooling.last
  /// The decoder's attention over the encoder's outputs.
  public var attention = Attention.dot
  /// The teacher forcing of a decoder.
  public var teacherForcing = TeacherForcing.always
  /// What the last layer of a model that reads gives for each tag or number.
  public var head = OutputHead.plain

  /// A configuration of unidirectional layers of a cell from a registry.
  public init(
    cell: NamedCell, embeddingSize: Int = 32, hiddenSize: Int = 64, layers: Int = 1,
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

  /// The direction of the layers.
  var direction: Recurrent.Direction {
    isBidirectional ? .bidirectional(merge: merge) : .forward
  }

  /// The model's recurrent layer for inputs of `inputSize` units, with declared parameters.
  func layer(
    inputSize: Int, direction: Recurrent.Direction = .forward,
    layout: Recurrent.Layout = .timeFirst
  ) -> Recurrent {
    Recurrent(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, direction: direction,
      dropout: dropout, layout: layout, options: recurrent)
  }
}

extension ModelConfiguration: Codable {
  private enum CodingKeys: String, CodingKey {
    case cell, embeddingSize, hiddenSize, layers, dropout, isBidirectional, merge, recurrent
    case tiesWeights, pooling, attention, teacherForcing, head
  }

  /// Decodes a configuration; missing values have their defaults.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(cell: try values.decode(NamedCell.self, forKey: .cell))
    try values.update(&embeddingSize, forKey: .embeddingSize)
    try values.update(&hiddenSize, forKey: .hiddenSize)
    try values.update(&layers, forKey: .layers)
    try values.update(&dropout, forKey: .dropout)
    try values.update(&isBidirectional, forKey: .isBidirectional)
    try values.update(&merge, forKey: .merge)
    try values.update(&recurrent, forKey: .recurrent)
    try values.update(&tiesWeights, forKey: .tiesWeights)
    try values.update(&pooling, forKey: .pooling)
    try values.update(&attention, forKey: .attention)
    try values.update(&teacherForcing, forKey: .teacherForcing)
    try values.update(&head, forKey: .head)
  }
}
