/// A graph and its results: a step that is repeated over time.
///
/// A cell is one, and so is its derivative, whose states are the cotangents of the cell's states and
/// whose time runs backwards. Both go through the same passes and run on the same machine.
package struct Recurrence: Sendable {
  package var graph: SimplifiedGraph
  /// The signals returned for every sample and step.
  package var outputs: [NodeID]
  /// The new value of each state.
  package var updates: [NodeID]
  /// The values returned once, after the last step.
  package var gathered: [NodeID]
  /// The signals whose values at all steps are saved after the pass.
  package var kept: [NodeID]

  package init(
    graph: SimplifiedGraph, outputs: [NodeID], updates: [NodeID], gathered: [NodeID] = [],
    kept: [NodeID] = []
  ) {
    self.graph = graph
    self.outputs = outputs
    self.updates = updates
    self.gathered = gathered
    self.kept = kept
  }

  /// All results.
  package var roots: [NodeID] { outputs + updates + gathered + kept }

  /// The same recurrence over a rewritten graph: `rewrite` maps the nodes that it changes, in order;
  /// the others are copied, and unused nodes are dropped.
  func rewritten(_ rewrite: (_ id: NodeID, _ copy: inout GraphCopy<SimplifiedGraph>) -> Void)
    -> Recurrence
  {
    var copy = GraphCopy(of: graph.graph, into: SimplifiedGraph())
    for id in graph.reachable(from: roots) { rewrite(id, &copy) }
    let outputs = outputs.map { copy.node($0) }
    let updates = updates.map { copy.node($0) }
    let gathered = gathered.map { copy.node($0) }
    let kept = kept.map { copy.node($0) }
    return Recurrence(
      graph: copy.result, outputs: outputs, updates: updates, gathered: gathered, kept: kept)
  }

  /// The passes that every recurrence goes through before it is scheduled.
  package func optimized() -> Recurrence { collectingSums().mergingProducts().foldingBiases() }
}
