extension CellGraph {
  /// Whether each unit of the states depends on itself alone, and every parameter that reaches a state
  /// reaches one unit: exact real-time learning then costs O(parameters) memory and time.
  public var hasElementwiseRecurrence: Bool { exactUnitMap != nil }

  /// Which element of the parameters belongs to which unit, if the recurrence is elementwise.
  var exactUnitMap: UnitMap? {
    guard mostStatesOfOneWidth <= TracePiece.mostStates else { return nil }
    let demand = UnitDemand(recurrence, states: states, mixing: .followed)
    return demand.isElementwise ? demand.map(of: parameters) : nil
  }

  /// The largest number of states that have the same width.
  var mostStatesOfOneWidth: Int {
    states.map { state in states.count { $0.width == state.width } }.max() ?? 0
  }
}
