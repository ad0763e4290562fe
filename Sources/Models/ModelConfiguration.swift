import Cells
import Datasets
import Requirements

/// The options and sizes of a model of any kind: a language model, or a model of sequences. Which kind it is of, and what it
/// reads and answers, is said elsewhere; an option that a kind has no use for means nothing there.
///
/// Options that a file does not know have their defaults.
public struct ModelConfiguration: Hashable, Sendable {
  /// The cell of every layer.
  public var cell: NamedCell
  /// The numbers that stand for a token or class, E.
  public var embeddingSize = 32
  /// The units of every layer, H.
  public var hiddenSize = 64
  /// The number of layers, L.
  public var layers = 1
  /// The share of the units that is dropped between layers, and before the output, while learning.
  public var dropout: Float = 0
  /// Whether the input is read in both directions.
  public var isBidirectional = false
  /// How the outputs of the two directions become one, where there are two.
  public var merge = Recurrent.Merge.concatenate
  /// What is put around the cell of every layer.
  public var recurrent = Recurrent.Options()
  /// Whether the output of a language model uses the embedding's weights, which takes as many units as numbers.
  public var tiesWeights = false
  /// How one answer comes about from all steps, where there is one answer.
  public var pooling = Pooling.last
  /// How a decoder looks at what was read, where there is a decoder.
  public var attention = Attention.dot
  /// How often a decoder learns from the right answer so far, and not from its own.
  public var teacherForcing = TeacherForcing.always

  /// Layers of a cell from a registry, forwards.
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

  /// The directions that the input is read in.
  var direction: Recurrent.Direction {
    isBidirectional ? .bidirectional(merge: merge) : .forward
  }

  /// The model's recurrent layer over inputs of some units, declared.
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
    case tiesWeights, pooling, attention, teacherForcing
  }

  /// Reads what was encoded; what is missing has its default.
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
  }
}
