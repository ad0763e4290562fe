import TensorCore

// The forward values that the backward pass reads: saved, or recomputed.

extension BackwardBuilder {
  /// A function is recomputed where its width is this multiple of that of all signals that it is computed from.
  private static let timesAsWide = 8

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
  /// Results of products, sums along units and costly functions are saved where they are read. What is cheap is saved,
  /// or recomputed from what is, so that least is saved in all. States before and after a step, inputs and outputs are
  /// there anyway; a function of them alone is computed again as fast as it is read from memory. So is one whose signals
  /// are much narrower than itself, as the decay of each of a channel's states by the channel's one step size.
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
    let updates = forward.updates.filter { graph[$0].dependence == .state }
    let kept = Set(forward.outputs + updates)
    let sources = columnsOfSources(among: kept)
    func isCheap(_ id: NodeID) -> Bool {
      let operation = graph[id].operation
      guard case .apply(_, let operands) = operation, !operation.isCheap else {
        return operation.isCheap
      }
      let signals = operands.filter(isForwardSignal)
      return signals.allSatisfy { kept.contains($0) || graph[$0].operation.isLeaf }
        || signals.reduce(0) { $0 + sources[$1] } * Self.timesAsWide <= graph[id].columns
    }
    let saved = read.filter { !isCheap($0) }
    let free = saved.union(kept)
    var cut = CheapestCut()
    for id in 0..<forwardCount where isForwardSignal(id) {
      let node = graph[id]
      cut.add(
        id, cost: node.operation.isLeaf || free.contains(id) ? 0 : node.columns,
        from: isCheap(id) ? node.operation.operands.filter(isForwardSignal) : [])
    }
    for id in read where isCheap(id) { cut.want(id) }
    return saved.union(cut.values())
  }

  /// For each forward node, the columns of the signals that it is computed from by cheap steps, at most.
  private func columnsOfSources(among kept: Set<NodeID>) -> [Int] {
    let most = 1 << 32
    var columns: [Int] = []
    for id in forward.graph.nodes.indices {
      let node = graph[id]
      if node.dependence == .parameters {
        columns.append(0)
      } else if node.operation.isCheap, !kept.contains(id) {
        columns.append(min(most, Set(node.operation.operands).reduce(0) { $0 + columns[$1] }))
      } else {
        columns.append(node.columns)
      }
    }
    return columns
  }
}

extension Operation {
  /// Whether recomputing it costs less than saving it.
  fileprivate var isCheap: Bool {
    switch self {
    case .apply(let function, _): function.word.cost == .cheap
    case .broadcast, .spread, .oneHot: true
    default: false
    }
  }
}
