/// A graph to which nodes can be added.
///
/// A ``Graph`` takes operations as they are written; a ``SimplifiedGraph`` looks for a simpler form first.
package protocol GraphBuilder {
  /// The nodes in topological order: each follows the nodes that it reads.
  var nodes: [Graph.Node] { get }

  /// A node for an operation; leaves state their own size, that of the others follows from what they read.
  mutating func add(_ operation: Operation, rows: Int, columns: Int) -> NodeID
}

extension GraphBuilder {
  package subscript(id: NodeID) -> Graph.Node { nodes[id] }

  /// A node for an operation with one row: a signal or a vector.
  package mutating func add(_ operation: Operation, columns: Int = 1) -> NodeID {
    add(operation, rows: 1, columns: columns)
  }

  /// The number of a constant node.
  package func constant(_ id: NodeID) -> Double? {
    if case .constant(let value, _, _) = self[id].operation { value } else { nil }
  }

  /// How often each node is read by another one.
  package func useCounts(roots: [NodeID]) -> [Int] {
    var counts = [Int](repeating: 0, count: nodes.count)
    for node in nodes { for operand in node.operation.operands { counts[operand] += 1 } }
    for root in roots { counts[root] += 1 }
    return counts
  }

  /// The nodes that some root depends on, roots included.
  package func reachable(from roots: [NodeID]) -> Set<NodeID> {
    var reached = Set<NodeID>()
    var pending = roots
    while let id = pending.popLast() {
      if reached.insert(id).inserted { pending += nodes[id].operation.operands }
    }
    return reached
  }

  /// The nodes that some root depends on, roots included: operands from left to right, each before its readers.
  package func postOrder(from roots: [NodeID]) -> [NodeID] {
    var order: [NodeID] = []
    var reached = Set<NodeID>()
    var pending = roots.reversed().map { (id: $0, isComplete: false) }
    while let (id, isComplete) = pending.popLast() {
      if isComplete {
        order.append(id)
      } else if reached.insert(id).inserted {
        pending.append((id, true))
        pending += nodes[id].operation.operands.reversed().map { ($0, false) }
      }
    }
    return order
  }
}
