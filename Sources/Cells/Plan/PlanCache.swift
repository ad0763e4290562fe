import TensorCore

/// The plans of one cell, each compiled when it is first needed.
///
/// It may be sent between threads because the lock guards all that changes.
final class PlanCache: @unchecked Sendable {
  /// Which features of a layer a plan has woven into the cell.
  struct Features {
    var masksInput = false
    var hasLengths = false
    var learns = false
    /// Whether the way back leaves out what units do to each other.
    var keepsToUnits = false

    /// Tells them apart: one of ``count``.
    fileprivate var number: Int {
      (masksInput ? 1 : 0) + (hasLengths ? 2 : 0) + (learns ? 4 : 0) + (keepsToUnits ? 8 : 0)
    }
    fileprivate static let count = 16
  }

  let cell: CellGraph
  private let lock = Lock()
  private var plans = [Plan?](repeating: nil, count: Features.count)

  init(_ cell: CellGraph) { self.cell = cell }

  /// The plan with the given features: masks come after the input in this order.
  func plan(_ features: Features) -> Plan {
    lock.withLock {
      if let plan = plans[features.number] { return plan }
      var cell = cell
      if features.masksInput { cell = cell.maskingInput() }
      if features.hasLengths { cell = cell.holdingStates() }
      let plan = Plan(
        cell, learns: features.learns, keepsToUnits: features.keepsToUnits)
      plans[features.number] = plan
      return plan
    }
  }
}
