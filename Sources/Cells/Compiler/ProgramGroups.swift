/// Which elementwise nodes of a loop over matrices may share a program.
///
/// A program goes from step to step if one of its nodes leads through time to another one, a matrix's update as much as
/// the convolution that happens to be computed beside it. So nodes share a program if all of them lead to each other, or
/// if no way between them leads through a state: the rest can be done for many steps at once, and what is left in the
/// circle of a matrix are the steps of its heads.
struct ProgramGroups {
  private struct Group: Hashable {
    /// The states and circles on the longest way to a node.
    var rank = 0
    /// The nodes that lead to each other; nil for a node that doesn't lead to itself.
    var circle: Int?
  }

  private var groups: [NodeID: Group] = [:]

  /// - Parameter loops: the loop of each state.
  init(
    _ recurrence: Recurrence, _ stages: [NodeID: Stage], _ loops: [Int], _ repeated: RepeatedUnits
  ) {
    if repeated.isEmpty { return }
    for loop in Set(loops) {
      let nodes = stages.keys.filter { stages[$0] == .loop(loop) }.sorted()
      let hasMatrices = nodes.contains {
        recurrence.graph[$0].columns >= LoopParts.wide && repeated.tile($0) != nil
      }
      let hasProducts = nodes.contains {
        if case .affine = recurrence.graph[$0].operation { true } else { false }
      }
      if hasMatrices, !hasProducts { add(nodes, recurrence, loops.map { $0 == loop }) }
    }
  }

  /// Whether two nodes may be in one program. Matrices are not kept at every step of a chunk: their programs are as long
  /// as they can be.
  func mayShare(_ id: NodeID, _ other: NodeID) -> Bool { groups[id] == groups[other] }

  private mutating func add(_ nodes: [NodeID], _ recurrence: Recurrence, _ isOwn: [Bool]) {
    let graph = recurrence.graph
    let numbers = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
    var earlier = nodes.map { graph[$0].operation.operands.compactMap { numbers[$0] } }
    let states = nodes.map { id -> Int? in
      guard case .state(let index) = graph[id].operation, isOwn[index] else { return nil }
      return numbers[recurrence.updates[index]]
    }
    for (node, update) in states.enumerated() { earlier[node] += update.map { [$0] } ?? [] }

    let reached = nodes.indices.map { Self.reached(from: $0, earlier) }
    let circles = nodes.indices.map { node in
      reached[node][node] ? nodes.indices.first { reached[node][$0] && reached[$0][node] } : nil
    }
    var ranks = [Int](repeating: 0, count: nodes.count)
    var isStable = false
    while !isStable {
      isStable = true
      for node in nodes.indices {
        for source in earlier[node] {
          let isInside = circles[node] != nil && circles[node] == circles[source]
          let isApart = circles[node] != nil || circles[source] != nil || states[node] == source
          let rank = ranks[source] + (isApart && !isInside ? 1 : 0)
          if ranks[node] < rank {
            ranks[node] = rank
            isStable = false
          }
        }
      }
    }
    for (node, id) in nodes.enumerated() where graph[id].columns < LoopParts.wide {
      groups[id] = Group(rank: ranks[node], circle: circles[node])
    }
  }

  /// The nodes on all ways that lead to one.
  private static func reached(from start: Int, _ earlier: [[Int]]) -> [Bool] {
    var found = [Bool](repeating: false, count: earlier.count)
    var pending = earlier[start]
    while let next = pending.popLast() {
      if found[next] { continue }
      found[next] = true
      pending += earlier[next]
    }
    return found
  }
}
