import TensorCore

extension GradientEngine {
  /// The influence that the engine carries forward; nil for engines that backpropagate.
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
        signs: signs ?? { index in Self.sign(seed, index) })
    }
  }

  /// The random sign of an index, the same on every platform.
  private static func sign(_ seed: UInt64, _ index: Int) -> Float {
    var generator = Philox(seed: seed, stream: UInt64(index))
    return generator.next() & 1 == 0 ? 1 : -1
  }
}
