import TensorCore

/// The plans of one cell, each compiled when it is first needed. Layers of equal cells share them, in whatever models.
final class PlanCache: Sendable {
  /// The signals and the mode that a plan is compiled for.
  struct Features {
    var signals = WrappedCell.Signals()
    var mode = PassMode.inference

    /// A distinct index below ``count``.
    fileprivate var number: Int { signals.number + WrappedCell.Signals.count * mode.rawValue }
    fileprivate static let count = PassMode.allCases.count * WrappedCell.Signals.count
  }

  private struct Compiled {
    var plans = [Plan?](repeating: nil, count: Features.count)
    var graphs = [CellGraph?](repeating: nil, count: WrappedCell.Signals.count)
  }

  /// The wrapped cell, without masks, lengths or resets.
  let cell: CellGraph
  private let base: CellGraph
  private let wrapped: WrappedCell
  private let compiled = Guarded(Compiled())

  /// The caches of the process by cell: at most ``limit`` of them, then it starts anew.
  private struct Known {
    var caches: [WrappedCell: [PlanCache]] = [:]
    var count = 0
    static let limit = 256

    func cache(_ base: CellGraph, _ wrapped: WrappedCell) -> PlanCache? {
      caches[wrapped]?.first { $0.base == base }
    }
  }

  private static let known = Guarded(Known())

  /// The plans of a cell at a place in a stack of layers.
  static func shared(_ base: CellGraph, _ wrapped: WrappedCell) -> PlanCache {
    if let cache = known.withLock({ $0.cache(base, wrapped) }) { return cache }
    let cache = PlanCache(base, wrapped)
    return known.withLock { known in
      if let other = known.cache(base, wrapped) { return other }
      if known.count == Known.limit { known = Known() }
      known.caches[wrapped, default: []].append(cache)
      known.count += 1
      return cache
    }
  }

  /// The plans of a cell without options.
  static func shared(_ cell: CellGraph) -> PlanCache {
    shared(
      cell,
      WrappedCell(
        cell, .init(), direction: .forward, isReverse: false, dropout: 0, isLast: false))
  }

  private init(_ base: CellGraph, _ wrapped: WrappedCell) {
    self.base = base
    self.wrapped = wrapped
    cell = wrapped.equations(base)
  }

  /// The equations of a pass with the given signals.
  func equations(_ signals: WrappedCell.Signals) -> CellGraph {
    if let known = compiled.withLock({ $0.graphs[signals.number] }) { return known }
    let graph = wrapped.equations(base, signals)
    return compiled.withLock { $0.graphs[signals.number].setIfNil(graph) }
  }

  /// The plan with the given features.
  ///
  /// It is compiled outside of the lock. If two threads compile it at once, both use the plan that was stored
  /// first: packed weights belong to one plan.
  func plan(_ features: Features) -> Plan {
    if let known = compiled.withLock({ $0.plans[features.number] }) { return known }
    let plan = Plan(equations(features.signals), features.mode)
    return compiled.withLock { $0.plans[features.number].setIfNil(plan) }
  }
}

extension Optional {
  /// Sets the value if there is none; returns the value.
  fileprivate mutating func setIfNil(_ value: Wrapped) -> Wrapped {
    if let known = self { return known }
    self = value
    return value
  }
}
