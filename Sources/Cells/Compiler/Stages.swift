/// When each node of a recurrence is computed.
enum Stage: Int, Comparable, Sendable {
  case parameters, before, loop, after, gathering

  static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
}

extension Recurrence {
  /// The stage of each node, by what it depends on and who needs it.
  ///
  /// Work that does not feed the next step leaves the loop if it is a product, which is faster over all
  /// steps at once; elementwise work stays in the loop, where it is fused with its neighbours.
  func stages() -> [NodeID: Stage] {
    let needed = graph.reachable(from: roots).sorted()
    let feedsUpdates = graph.reachable(from: updates)
    var stages: [NodeID: Stage] = [:]
    for id in needed {
      let node = graph[id]
      switch node.dependence {
      case .parameters: stages[id] = .parameters
      case .input: stages[id] = .before
      case .gathered: stages[id] = .gathering
      case .state:
        let latest = node.operation.operands.compactMap { stages[$0] }.max() ?? .loop
        let isSink = !feedsUpdates.contains(id)
        if case .affine = node.operation, isSink {
          stages[id] = .after
        } else {
          stages[id] = isSink ? max(latest, .loop) : .loop
        }
      }
    }
    // Elementwise work on the input alone moves into the loop if only the loop reads it.
    var consumers: [NodeID: [NodeID]] = [:]
    for id in needed {
      for operand in graph[id].operation.operands { consumers[operand, default: []].append(id) }
    }
    let wanted = Set(outputs + gathered)
    for id in needed.reversed() where graph[id].dependence == .input {
      guard graph[id].operation.isElementwise, !wanted.contains(id) else { continue }
      let readers = consumers[id] ?? []
      let onlyLoop = readers.allSatisfy {
        graph[$0].operation.isElementwise && stages[$0] == .loop
      }
      if onlyLoop, !readers.isEmpty { stages[id] = .loop }
    }
    return stages
  }
}
