import Requirements

extension Recurrent {
  /// The connection from a layer's input to its output around the cell.
  public enum Connection: String, Sendable, Hashable, Codable, CaseIterable {
    /// Not at all: `y = f(x)`.
    case plain
    /// `y = f(x) + S x`.
    case residual
    /// `y = t f(x) + (1 - t) S x` with `t = σ(W x + b)`, where b starts at -1: first the input passes.
    case highway
  }

  /// Features added around the cell of every layer. All of them work for every cell and in any combination,
  /// and are compiled with the cell's equations into one plan.
  ///
  /// ```swift
  /// var options = Recurrent.Options()
  /// options.connection = .residual
  /// options.recurrentDropout = 0.25
  /// options.zoneout = ["cell": 0.5, "hidden": 0.05]
  /// let layer = Recurrent(
  ///   LSTM(), inputSize: 28, hiddenSize: 64, layers: 3, options: options, using: &generator)
  /// ```
  ///
  /// For a step with the cell's equations f, the features are, from the inside to the outside:
  ///
  ///     f        its products normalised, its recurrent weights and what they multiply dropped
  ///     f(d x)   the input dropped
  ///     zoneout of the states, the output projected and then dropped
  ///     + S x    the connection or block; S is the identity, or `weight_skip [O, I]` where the sizes differ
  ///
  /// Dropping scales what is kept by `1 / (1 - p)`. Masks are random only in calls with a generator:
  /// inference uses the expected values.
  ///
  /// Where directions are concatenated and the layer reads twice as many units as each of them has, each
  /// direction's connection adds its own half of the input; where directions are summed, half of it.
  ///
  /// Options that a file does not know have their defaults.
  public struct Options: Sendable, Hashable {
    /// The units of the first layers, in order; the others have the layer's `hiddenSize`.
    ///
    /// In a ``RecurrentState`` every layer has as many units as the largest: the rest are zero.
    public var layerSizes: [Int] = []
    /// The connection from each layer's input to its output.
    public var connection = Connection.plain
    /// The residual block around each layer's cell, in the place of a connection; nil for none.
    public var block: Block?
    /// The size that each layer's output is projected to by `weight_hr [P, H]`, without a bias, if it is.
    ///
    /// The cell's states are not projected; ``LSTM/projectionSize`` does that, as PyTorch's `proj_size`.
    public var projectionSize: Int?
    /// Whether every product with a matrix is normalised over its units, `N(W x) γ`, for cells that don't
    /// normalise anything themselves. The gains `gain_ih` and so on have the rows of `weight_ih`.
    ///
    /// Paper: J. Ba, J. Kiros and G. Hinton, Layer normalization, 2016.
    public var normalizesProducts = false
    /// Whether sequences start from states that are learned, `initial_hidden [H]` and so on, and not from zeros.
    public var learnsInitialState = false
    /// The share of each layer's input units that is dropped for a whole sequence.
    ///
    /// Paper: Y. Gal and Z. Ghahramani, A theoretically grounded application of dropout in recurrent neural
    /// networks, NIPS 2016.
    public var inputDropout: Float = 0
    /// The share of the units that is dropped for a whole sequence where recurrent weights multiply them: every
    /// matrix, and every vector that multiplies a state. The states themselves are kept.
    ///
    /// Paper: as for ``inputDropout``.
    public var recurrentDropout: Float = 0
    /// The share of each layer's output units that is dropped for a whole sequence, before the connection.
    public var outputDropout: Float = 0
    /// For each state by its name, the share of its units that stay as they are at a step.
    ///
    /// Paper: D. Krueger et al., Zoneout, ICLR 2017.
    public var zoneout: [String: Float] = [:]
    /// The share of the recurrent weights that is dropped for a whole pass.
    ///
    /// Papers: L. Wan et al., Regularization of neural networks using DropConnect, ICML 2013; S. Merity, N. Keskar
    /// and R. Socher, Regularizing and optimizing LSTM language models, ICLR 2018.
    public var weightDropout: Float = 0
    /// The initialization of the weights.
    public var initialization = Initialization()

    /// The cell alone.
    public init() {}

    /// Whether training samples random masks (dropout, zoneout).
    public var isRandom: Bool { firstRandomOption != nil }

    /// The name of the first option that samples random masks.
    var firstRandomOption: String? {
      dropouts.first { $0.share > 0 }?.name
        ?? (zoneout.values.contains { $0 > 0 } ? "zoneout" : nil)
    }

    /// The shares of all kinds of dropout, by the options' names.
    var dropouts: [(name: String, share: Float)] {
      [
        ("inputDropout", inputDropout), ("recurrentDropout", recurrentDropout),
        ("outputDropout", outputDropout), ("weightDropout", weightDropout),
      ]
    }

    /// The number of units of a layer: its entry in `layerSizes`, or `hiddenSize` without one.
    public func hiddenSize(ofLayer layer: Int, else hiddenSize: Int) -> Int {
      layer < layerSizes.count ? layerSizes[layer] : hiddenSize
    }
  }
}

extension Recurrent.Options: Codable {
  private enum CodingKeys: String, CodingKey {
    case layerSizes, connection, block, projectionSize, normalizesProducts, learnsInitialState
    case inputDropout, recurrentDropout, outputDropout, zoneout, weightDropout
    case initialization
  }

  /// Reads what was encoded; what is missing has its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.update(&layerSizes, forKey: .layerSizes)
    try values.update(&connection, forKey: .connection)
    try values.update(&block, forKey: .block)
    try values.update(&projectionSize, forKey: .projectionSize)
    try values.update(&normalizesProducts, forKey: .normalizesProducts)
    try values.update(&learnsInitialState, forKey: .learnsInitialState)
    try values.update(&inputDropout, forKey: .inputDropout)
    try values.update(&recurrentDropout, forKey: .recurrentDropout)
    try values.update(&outputDropout, forKey: .outputDropout)
    try values.update(&zoneout, forKey: .zoneout)
    try values.update(&weightDropout, forKey: .weightDropout)
    try values.update(&initialization, forKey: .initialization)
  }
}
