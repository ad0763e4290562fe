import TensorCore

/// The plans of one cell, each compiled when it is first needed.
///
/// It may be sent between threads because the lock guards all that changes.
final class PlanCache: @unchecked Sendable {
  /// Which features of a layer a plan has woven into the cell.
  struct Features {
    var signals = WrappedCell.Signals()
    var learns = false
    /// Whether the way back leaves out what units do to each other.
    var keepsToUnits = false

    /// Tells them apart: one of ``count``.
    fileprivate var number: Int {
      signals.number + WrappedCell.Signals.count * ((learns ? 1 : 0) + (keepsToUnits ? 2 : 0))
    }
    fileprivate static let count = 4 * WrappedCell.Signals.count
  }

  /// The cell of a pass without masks, and what is woven into it where there are some.
  let cell: CellGraph
  private let base: CellGraph
  private let wrapped: WrappedCell
  private let lock = Lock()
  private var plans = [Plan?](repeating: nil, count: Features.count)
  private var graphs = [CellGraph?](repeating: nil, count: WrappedCell.Signals.count)

  init(_ base: CellGraph, _ wrapped: WrappedCell) {
    self.base = base
    self.wrapped = wrapped
    cell = wrapped.equations(base)
  }

  /// The equations of a pass with the given signals.
  func equations(_ signals: WrappedCell.Signals) -> CellGraph {
    lock.withLock { graph(signals) }
  }

  private func graph(_ signals: WrappedCell.Signals) -> CellGraph {
    if let graph = graphs[signals.number] { return graph }
    let graph = wrapped.equations(base, signals)
    graphs[signals.number] = graph
    return graph
  }

  /// The plan with the given features.
  func plan(_ features: Features) -> Plan {
    lock.withLock {
      if let plan = plans[features.number] { return plan }
      let plan = Plan(
        graph(features.signals), learns: features.learns, keepsToUnits: features.keepsToUnits)
      plans[features.number] = plan
      return plan
    }
  }
}
