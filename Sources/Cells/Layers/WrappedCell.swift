import TensorCore

/// A cell at its place in a stack of layers, with the layer's options added to its equations.
///
/// Options that add parameters are always part of the equations; masks only in passes that have them.
struct WrappedCell: Hashable, Sendable {
  /// The external signals of a pass besides its input.
  struct Signals {
    /// Whether the pass has random masks.
    var isRandom = false
    var hasLengths = false
    var hasResets = false

    /// A distinct index below ``count``.
    var number: Int { (isRandom ? 1 : 0) + (hasLengths ? 2 : 0) + (hasResets ? 4 : 0) }
    static let count = 8
  }

  /// The name of the mask of dropout between layers.
  static let inputMask = "input mask"

  let inputSize: Int
  let hiddenSize: Int
  let options: Recurrent.Options
  /// The share of the input that is dropped at each step: dropout between layers.
  let dropout: Float
  /// The units of the input that the residual or highway connection reads.
  let units: Range<Int>
  /// The factor of the connection.
  let share: Double
  /// Whether the cell is in the last layer, if it is in a block.
  let isLast: Bool

  /// The cell in one direction of one layer.
  init(
    _ base: CellGraph, _ options: Recurrent.Options, direction: Recurrent.Direction,
    isReverse: Bool, dropout: Float, isLast: Bool
  ) {
    inputSize = base.inputSize
    hiddenSize = base.hiddenSize
    self.options = options
    self.dropout = dropout
    self.isLast = isLast && options.block != nil
    let size = options.projectionSize ?? base.outputSize
    switch direction {
    case .bidirectional(merge: .concatenate) where inputSize == 2 * size:
      units = isReverse ? size..<2 * size : 0..<size
    default: units = 0..<inputSize
    }
    share = direction == .bidirectional(merge: .sum) ? 0.5 : 1
  }

  /// The equations of a pass with the given signals.
  func equations(_ base: CellGraph, _ signals: Signals = .init()) -> CellGraph {
    var cell = base
    func dropping(_ share: Float, _ rewrite: (CellGraph, CellGraph.Sequence.Mask) -> CellGraph) {
      guard signals.isRandom, share > 0 else { return }
      cell = rewrite(cell, .init(probability: share, lifetime: .sequence))
    }
    if options.normalizesProducts { cell = cell.normalizingProducts() }
    dropping(options.recurrentDropout) { $0.maskingRecurrentSignals($1) }
    if signals.isRandom, dropout > 0 {
      cell = cell.maskingInput(Self.inputMask, .init(probability: dropout, lifetime: .step))
    }
    dropping(options.inputDropout) { $0.maskingInput("variational input mask", $1) }
    if !options.zoneout.isEmpty {
      cell = cell.zoningOut(options.zoneout, signals.isRandom ? .random : .expected)
    }
    if let size = options.projectionSize { cell = cell.projectingOutput(to: size) }
    dropping(options.outputDropout) { $0.maskingOutput($1) }
    cell = connected(cell)
    if options.learnsInitialState { cell = cell.learningInitialStates() }
    cell = cell.starting(as: options.initialization)
    if signals.isRandom, options.weightDropout > 0 {
      cell = cell.maskingRecurrentWeights(probability: options.weightDropout)
    }
    if signals.hasLengths { cell = cell.holdingStates() }
    if signals.hasResets { cell = cell.resettingStates() }
    return cell
  }

  /// The cell with its input added to its output, as the options say.
  private func connected(_ cell: CellGraph) -> CellGraph {
    if let block = options.block {
      return cell.block(block, units, share: share, isLast: isLast)
    }
    return switch options.connection {
    case .plain: cell
    case .residual: cell.residual(units, share: share)
    case .highway: cell.highway(units, share: share)
    }
  }
}
