import TensorCore

/// Words that stand for several nodes: a graph is searched for exactly the nodes that the word adds.
extension Word {
  static let compositions: [Word] = [
    Word(
      name: "layer_norm", arguments: [.signal], swift: "$0.normalized()",
      make: { .signal($0.signal(0).normalized()) },
      find: { graph, id in normalized(graph, id).map { [.node($0.source)] } }),
    Word(
      name: "layer_norm", arguments: [.signal, .number], swift: "$0.normalized(epsilon: $1)",
      make: { .signal($0.signal(0).normalized(epsilon: $0.number(1))) },
      find: { graph, id in
        normalized(graph, id).map { [.node($0.source), .number($0.epsilon)] }
      }),
    Word(
      name: "softmax", arguments: [.signal], swift: "$0.softmax()",
      make: { .signal($0.signal(0).softmax()) },
      find: { graph, id in
        graph.operands(id, of: .divide).flatMap { graph.operands($0[0], of: .exp) }
          .flatMap { graph.operands($0[0], of: .subtract) }.map { [.node($0[0])] }
      }),
    Word(
      name: "mean", arguments: [.signal], swift: "$0.mean()",
      make: { .signal($0.signal(0).mean()) },
      find: { graph, id in mean(graph, id).map { [.node($0)] } }),
    Word(
      name: "hard_sigmoid", arguments: [.signal], swift: "hardSigmoid($0)",
      make: { .signal(hardSigmoid($0.signal(0))) },
      find: { graph, id in
        clamped(graph, id).flatMap { graph.operands($0.source, of: .add) }
          .flatMap { graph.operands($0[0], of: .divide) }.map { [.node($0[0])] }
      }),
    Word(
      name: "clamp", arguments: [.signal, .number, .number], swift: "clamp($0, $1...$2)",
      make: { .signal(clamp($0.signal(0), $0.number(1)...$0.number(2))) },
      fault: {
        $0.number(1) <= $0.number(2)
          ? nil : ("a lower bound, then an upper one", "\($0.number(1)) and \($0.number(2))")
      },
      find: { graph, id in
        clamped(graph, id).flatMap {
          $0.low <= $0.high ? [.node($0.source), .number($0.low), .number($0.high)] : nil
        }
      }),
  ]

  private static func mean(_ graph: Graph, _ id: NodeID) -> NodeID? {
    guard let factors = graph.operands(id, of: .multiply),
      case .sum(let a) = graph[factors[0]].operation
    else { return nil }
    return a
  }

  private static func normalized(
    _ graph: Graph, _ id: NodeID
  ) -> (source: NodeID, epsilon: Double)? {
    guard let quotient = graph.operands(id, of: .divide),
      let centered = graph.operands(quotient[0], of: .subtract),
      let root = graph.operands(quotient[1], of: .sqrt),
      let sum = graph.operands(root[0], of: .add), let epsilon = graph.constant(sum[1])
    else { return nil }
    return (centered[0], epsilon)
  }

  private static func clamped(
    _ graph: Graph, _ id: NodeID
  ) -> (source: NodeID, low: Double, high: Double)? {
    guard let outer = graph.operands(id, of: .minimum), let high = graph.constant(outer[1]),
      let inner = graph.operands(outer[0], of: .maximum), let low = graph.constant(inner[1])
    else { return nil }
    return (inner[0], low, high)
  }
}

extension Graph {
  /// The operands of a node, if it applies this function.
  fileprivate func operands(_ id: NodeID, of function: ElementwiseFunction) -> [NodeID]? {
    if case .apply(function, let operands) = self[id].operation { operands } else { nil }
  }
}

/// The nodes of a graph that a word of several nodes stands for.
struct FoundWord {
  let word: Word
  let arguments: [Word.Found]
  /// The nodes between the arguments and the word's last node, without it and without leaves.
  let inner: Set<NodeID>

  /// The arguments that are nodes.
  var operands: [NodeID] {
    arguments.compactMap { if case .node(let id) = $0 { id } else { nil } }
  }

  /// The first word that a node is; nil if there is none.
  init?(_ graph: Graph, _ id: NodeID) {
    for word in Word.all {
      guard let arguments = word.find(graph, id),
        let inner = Self.inner(of: word, arguments, graph, id)
      else { continue }
      (self.word, self.arguments, self.inner) = (word, arguments, inner)
      return
    }
    return nil
  }

  /// States the word anew and compares what it adds with the nodes before this one; nil if they differ.
  private static func inner(
    of word: Word, _ arguments: [Word.Found], _ graph: Graph, _ id: NodeID
  ) -> Set<NodeID>? {
    let trace = Trace()
    var known: [NodeID: NodeID] = [:]
    let values = arguments.enumerated().map { index, argument -> WordArguments.Value in
      switch argument {
      case .number(let value): return .number(value)
      case .node(let source):
        let node = graph[source]
        let stand =
          node.rows == 1
          ? trace.add(.sequence(source), columns: node.columns)
          : trace.add(.parameter(source), rows: node.rows, columns: node.columns)
        known[stand] = source
        return .node(stand)
      }
    }
    let given = WordArguments(values: values, trace: trace)
    guard word.fault(given) == nil else { return nil }
    var pending = [(word.make(given).id, id)]
    var inner = Set<NodeID>()
    var stated: [NodeID: NodeID] = [:]
    while let (new, old) = pending.popLast() {
      if let other = known[new] {
        guard other == old else { return nil }
        continue
      }
      guard stated[old] == nil || stated[old] == new else { return nil }
      (known[new], stated[old]) = (old, new)
      let (a, b) = (trace.graph[new].operation, graph[old].operation)
      guard a.operands.count == b.operands.count,
        a.mapOperands({ _ in 0 }) == b.mapOperands({ _ in 0 })
      else { return nil }
      if old != id, !b.isLeaf { inner.insert(old) }
      pending += zip(a.operands, b.operands)
    }
    return inner
  }
}
