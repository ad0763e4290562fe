/// Copies nodes of one graph and their operands into another, each once.
package struct GraphCopy<Result: GraphBuilder> {
  package var result: Result
  private let source: Graph
  private var copies: [NodeID: NodeID] = [:]

  package init(of source: Graph, into result: Result) {
    self.source = source
    self.result = result
  }

  /// Maps a node of the source to this node of the result.
  package mutating func map(_ id: NodeID, to copy: NodeID) { copies[id] = copy }

  /// The copy of a node.
  package mutating func node(_ id: NodeID) -> NodeID { nodes([id])[0] }

  /// The copies of several nodes; what they read is copied in the order in which it stands in the source.
  package mutating func nodes(_ ids: [NodeID]) -> [NodeID] {
    var needed = Set<NodeID>()
    var pending = ids
    while let next = pending.popLast() {
      if copies[next] == nil, needed.insert(next).inserted {
        pending += source[next].operation.operands
      }
    }
    // Operands precede their readers: one pass in order, no recursion.
    for needed in needed.sorted() {
      let original = source[needed]
      copies[needed] = result.add(
        original.operation.mapOperands { copies[$0] ?? $0 }, rows: original.rows,
        columns: original.columns)
    }
    return ids.map { copies[$0] ?? $0 }
  }
}
