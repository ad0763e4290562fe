/// Copies nodes of one graph and their operands into another, each once.
package struct GraphCopy<Result: GraphBuilder> {
  package var result: Result
  private let source: Graph
  /// By the source's nodes.
  private var copies: [NodeID?]

  package init(of source: Graph, into result: Result) {
    self.source = source
    self.result = result
    copies = Array(repeating: nil, count: source.nodes.count)
  }

  /// Maps a node of the source to this node of the result.
  package mutating func map(_ id: NodeID, to copy: NodeID) { copies[id] = copy }

  /// The copy of a node.
  package mutating func node(_ id: NodeID) -> NodeID {
    if let known = copies[id] { return known }
    if source[id].operation.operands.contains(where: { copies[$0] == nil }) {
      return nodes([id])[0]
    }
    return copy(id)
  }

  /// The copies of several nodes; what they read is copied in the order in which it stands in the source.
  package mutating func nodes(_ ids: [NodeID]) -> [NodeID] {
    var isNeeded = [Bool](repeating: false, count: copies.count)
    for id in ids where copies[id] == nil { isNeeded[id] = true }
    // Operands precede their readers: one pass back to mark them, one in order to copy them, no recursion.
    let last = ids.max() ?? -1
    var id = last
    while id >= 0 {
      if isNeeded[id] {
        for operand in source[id].operation.operands where copies[operand] == nil {
          isNeeded[operand] = true
        }
      }
      id -= 1
    }
    while id < last {
      id += 1
      if isNeeded[id] { _ = copy(id) }
    }
    return ids.map { copies[$0] ?? $0 }
  }

  /// The product of the copies.
  mutating func term(_ term: ProductTerm) -> ProductTerm {
    ProductTerm(
      signal: node(term.signal), weight: node(term.weight), isTransposed: term.isTransposed,
      groups: term.groups)
  }

  /// Copies a node whose operands have copies.
  private mutating func copy(_ id: NodeID) -> NodeID {
    let original = source[id]
    let copy = result.add(
      original.operation.mapOperands { copies[$0] ?? $0 }, rows: original.rows,
      columns: original.columns)
    copies[id] = copy
    return copy
  }
}
