import TensorCore

/// How the gradient of a recurrent layer is found along a sequence that is longer than a window.
///
/// Of a stack of layers, the real-time engines are exact for the top one; the ones below it learn from
/// what reaches them within the step, without what the layers above remember of them.
/// For two layers of minGRU, 8 units each, over 6 steps, the upper layer's gradient is exact to rounding
/// and the lower one's is off by 39 % of its norm.
public enum GradientEngine: Sendable, Hashable, Codable {
  /// Backpropagation through the window: exact inside of it; what was before it counts as given.
  case bptt

  /// Backpropagation through the window that keeps the states of every so many steps only and computes
  /// what is between them again: with √T of T steps, memory falls to about √T of T.
  ///
  /// The same gradient as ``bptt``, up to the rounding of sums in another order.
  case checkpointed(every: Int)

  /// Truncated backpropagation: a window of `every` steps is followed back through `through` steps, the
  /// window's own and those before it.
  ///
  /// The earlier steps are computed again with the present parameters, from the states that were carried
  /// to them; their inputs count as given. Such windows have no lengths, and all samples start together.
  case tbptt(every: Int, through: Int)

  /// Real-time recurrent learning: exact over everything since the start of the sequence, in memory that
  /// does not grow with it.
  ///
  /// Where the recurrence is elementwise (``CellGraph/hasElementwiseRecurrence``) it costs O(parameters)
  /// memory and about a backward step of time. A dense recurrence of H units costs O(H³) memory and
  /// O(H⁴) time a step: up to about 100 units.
  case rtrl

  /// Real-time recurrent learning that follows the influence of each parameter on its own unit only:
  /// O(parameters) memory for every cell, biased unless the recurrence is elementwise.
  case snap1

  /// Unbiased online recurrent optimization: an estimate of the exact gradient from random signs, with
  /// O(parameters) memory for every cell. Its mean is exact, its variance is large: take small steps.
  case uoro(seed: UInt64)
}

extension GradientEngine {
  /// What the engine remembers of a cell's past; nil if it goes back in time instead.
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
        cell.recurrence.optimized(), states: cell.states, isStrict: false)
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
