import TensorCore

// The forward values that the backward pass reads: saved, or recomputed.

extension BackwardBuilder {
  /// The backward recurrence in a graph of its own, where forward values are sequences from outside.
  func separated(_ recurrence: Recurrence, stateCount: Int) -> Derivative {
    let retained = retainedNodes(of: recurrence)
    var copy = GraphCopy(of: graph.graph, into: SimplifiedGraph())
    var sources: [Derivative.Source] = []
    func addSequence(_ id: NodeID, _ source: Derivative.Source) {
      copy.map(
        id, to: copy.result.add(.sequence(sources.count), columns: graph[id].columns))
      sources.append(source)
    }
    for id in retained.sorted() { addSequence(id, .forward(id)) }
    for id in graph.nodes.indices {
      switch graph[id].operation {
      case .sequence(outputCotangentIndex): addSequence(id, .outputCotangent)
      case .state(let index) where index >= firstCotangentState:
        copy.map(
          id,
          to: copy.result.add(.state(index - firstCotangentState), columns: graph[id].columns))
      default: break
      }
    }
    let outputs = recurrence.outputs.map { copy.node($0) }
    let updates = recurrence.updates.map { copy.node($0) }
    let gathered = recurrence.gathered.map { copy.node($0) }
    return Derivative(
      recurrence: Recurrence(
        graph: copy.result, outputs: outputs, updates: updates, gathered: gathered),
      sources: sources)
  }

  /// The activations to save for the backward pass; the rest is recomputed from them.
  ///
  /// Results of products, sums along units and costly functions are saved; cheap arithmetic on saved values,
  /// states and inputs is recomputed, unless that needs as many further units as it has.
  private func retainedNodes(of recurrence: Recurrence) -> Set<NodeID> {
    let forwardCount = forward.graph.nodes.count
    func isForwardSignal(_ id: NodeID) -> Bool {
      id < forwardCount && graph[id].dependence != .parameters
    }
    let needed = graph.reachable(from: recurrence.roots)
    var read = Set(recurrence.roots.filter(isForwardSignal))
    for id in needed where id >= forwardCount {
      read.formUnion(graph[id].operation.operands.filter(isForwardSignal))
    }
    var retained = read.filter { !graph[$0].operation.isCheap }
    for id in read.sorted() where graph[id].operation.isCheap {
      var pending = [id]
      var leaves = Set<NodeID>()
      while let next = pending.popLast() {
        guard isForwardSignal(next) else { continue }
        if retained.contains(next) || !graph[next].operation.isCheap {
          leaves.insert(next)
        } else {
          pending += graph[next].operation.operands
        }
      }
      let missing = leaves.filter { !retained.contains($0) && !graph[$0].operation.isLeaf }
      // Several narrow signals may cost less than one that is made of them: an outer product, say.
      let isFree = missing.reduce(0) { $0 + graph[$1].columns } < max(1, graph[id].columns)
      if isFree { retained.formUnion(leaves) } else { retained.insert(id) }
    }
    return retained
  }
}

extension Operation {
  /// Whether recomputing it costs less than saving it.
  fileprivate var isCheap: Bool {
    switch self {
    case .apply(let function, _): function.word.cost == .cheap
    case .broadcast, .spread: true
    default: false
    }
  }
}
