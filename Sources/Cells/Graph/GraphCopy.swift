/// Copies nodes of one graph into another, with what they read, each once.
package struct GraphCopy {
  package var result: Graph
  private let source: Graph
  private var copies: [NodeID: NodeID] = [:]

  package init(of source: Graph, into result: Graph = Graph()) {
    self.source = source
    self.result = result
  }

  /// Says that a node of the source is represented by this node of the result.
  package mutating func map(_ id: NodeID, to copy: NodeID) { copies[id] = copy }

  /// The copy of a node.
  package mutating func node(_ id: NodeID) -> NodeID {
    if let copy = copies[id] { return copy }
    var needed = Set<NodeID>()
    var pending = [id]
    while let next = pending.popLast() {
      if copies[next] == nil, needed.insert(next).inserted {
        pending += source[next].operation.operands
      }
    }
    // Operands stand before what reads them: one pass in order, no recursion.
    for needed in needed.sorted() {
      let original = source[needed]
      copies[needed] = result.add(
        original.operation.mapOperands { copies[$0] ?? $0 }, rows: original.rows,
        columns: original.columns)
    }
    return copies[id] ?? id
  }
}

extension Graph {
  /// Adds a leaf before anything reads it, with a size that differs from the one that it had.
  mutating func reserveLeaf(_ operation: Operation, rows: Int, columns: Int) {
    _ = add(operation, rows: rows, columns: columns)
  }
}
