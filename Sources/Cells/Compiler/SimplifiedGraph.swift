/// A graph that keeps itself simple: whatever is added to it goes through rules first, and what is there already
/// is shared.
///
/// It is what the compiler works on. A node's value is that of the operation that was added, whatever the rules
/// made of it; the oracle, which reads the graph as it was written, finds a rule that breaks this.
package struct SimplifiedGraph: GraphBuilder, Sendable {
  /// A rewriting: a node with an operation's value, or nil where the rule has nothing to say.
  package struct Rule: Sendable {
    let node: @Sendable (_ operation: Operation, _ graph: inout SimplifiedGraph) -> NodeID?

    package init(
      _ node:
        @escaping @Sendable (_ operation: Operation, _ graph: inout SimplifiedGraph) -> NodeID?
    ) {
      self.node = node
    }
  }

  package private(set) var graph = Graph()
  private let rules: [Rule]
  private var index: [Operation: NodeID] = [:]

  package init(rules: [Rule] = Rule.all) { self.rules = rules }

  /// A graph whose nodes are as simple as they can be.
  init(_ graph: Graph) {
    self.graph = graph
    rules = Rule.all
    for (id, node) in graph.nodes.enumerated() { index[node.operation] = id }
  }

  package var nodes: [Graph.Node] { graph.nodes }

  package mutating func add(_ operation: Operation, rows: Int, columns: Int) -> NodeID {
    for rule in rules {
      if let simpler = rule.node(operation, &self) { return simpler }
    }
    if let known = index[operation] { return known }
    let id = graph.add(operation, rows: rows, columns: columns)
    index[operation] = id
    return id
  }
}

extension CellGraph {
  /// The same cell with a graph that has the same values in fewer nodes: the compiler's first pass.
  package func simplified(by rules: [SimplifiedGraph.Rule] = SimplifiedGraph.Rule.all) -> CellGraph
  {
    var simple = GraphCopy(of: graph, into: SimplifiedGraph(rules: rules))
    let roots = simple.nodes(updates + [output])
    // What only replaced nodes read goes.
    var used = GraphCopy(of: simple.result.graph, into: Graph())
    let kept = used.nodes(roots)
    var result = self
    result.graph = used.result
    result.updates = Array(kept.dropLast())
    result.output = kept[kept.count - 1]
    return result
  }

  /// The cell's forward step, simplified.
  package var recurrence: Recurrence {
    let cell = simplified()
    return Recurrence(
      graph: SimplifiedGraph(cell.graph), outputs: [cell.output], updates: cell.updates)
  }
}
