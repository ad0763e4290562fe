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

  /// The nodes that some root depends on, roots included, in their order.
  package func reachable(from roots: [NodeID]) -> [NodeID] {
    let isReached = isReached(from: roots)
    return isReached.indices.filter { isReached[$0] }
  }

  /// Whether some root depends on a node or is it, by node.
  package func isReached(from roots: [NodeID]) -> [Bool] {
    let nodes = nodes
    var isReached = [Bool](repeating: false, count: nodes.count)
    for root in roots { isReached[root] = true }
    // Readers follow what they read: one pass from the last node.
    var id = nodes.count - 1
    while id >= 0 {
      if isReached[id] {
        for operand in nodes[id].operation.operands { isReached[operand] = true }
      }
      id -= 1
    }
    return isReached
  }

  /// The nodes that some root depends on, roots included: operands from left to right, each before its readers.
  package func postOrder(from roots: [NodeID]) -> [NodeID] {
    var order: [NodeID] = []
    let nodes = nodes
    var isReached = [Bool](repeating: false, count: nodes.count)
    // A node that waits for its operands is there as its complement.
    var pending: [Int] = roots.reversed()
    while let id = pending.popLast() {
      if id < 0 {
        order.append(~id)
      } else if !isReached[id] {
        isReached[id] = true
        pending.append(~id)
        pending += nodes[id].operation.operands.reversed()
      }
    }
    return order
  }
}
