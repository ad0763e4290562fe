import TensorCore

extension GradientEngine {
  /// The influence that the engine carries forward; nil if it backpropagates instead.
  func influence(
    of cell: CellGraph, batch: Int, learnsInitialState: Bool, signs: (@Sendable (Int) -> Float)?
  ) -> (any Influence)? {
    switch self {
    case .bptt, .checkpointed, .tbptt: return nil
    case .rtrl:
      guard let map = cell.exactUnitMap else {
        return DenseInfluence(cell, batch: batch, learnsInitialState: learnsInitialState)
      }
      return UnitInfluence(cell, map, batch: batch, learnsInitialState: learnsInitialState)
    case .snap1:
      let demand = UnitDemand(
        cell.recurrence.optimized(), states: cell.states, mixing: .ignored)
      return UnitInfluence(
        cell, demand.map(of: cell.parameters), batch: batch,
        learnsInitialState: learnsInitialState)
    case .uoro(let seed):
      return UnbiasedInfluence(
        cell, batch: batch, learnsInitialState: learnsInitialState,
        signs: signs ?? { draw in Self.sign(seed, draw) })
    }
  }

  /// A sign for each number, the same on every platform.
  private static func sign(_ seed: UInt64, _ draw: Int) -> Float {
    var generator = Philox(seed: seed, stream: UInt64(draw))
    return generator.next() & 1 == 0 ? 1 : -1
  }
}
