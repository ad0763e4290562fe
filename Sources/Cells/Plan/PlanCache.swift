import TensorCore

/// The plans of one cell, each compiled when it is first needed.
///
/// It may be sent between threads because the lock guards all that changes.
final class PlanCache: @unchecked Sendable {
  /// Which features of a layer a plan has woven into the cell.
  struct Features: Hashable {
    var masksInput = false
    var hasLengths = false
    var learns = false
    /// Whether the way back leaves out what units do to each other.
    var keepsToUnits = false
  }

  let cell: CellGraph
  private let lock = Lock()
  private var plans: [Features: Plan] = [:]

  init(_ cell: CellGraph) { self.cell = cell }

  /// The plan with the given features: masks come after the input in this order.
  func plan(_ features: Features) -> Plan {
    lock.withLock {
      if let plan = plans[features] { return plan }
      var cell = cell
      if features.masksInput { cell = cell.maskingInput() }
      if features.hasLengths { cell = cell.holdingStates() }
      let plan = Plan(
        cell, learns: features.learns, keepsToUnits: features.keepsToUnits)
      plans[features] = plan
      return plan
    }
  }
}
