extension Recurrence {
  /// Affine nodes that read the same signals become slices of one wide node with stacked weights.
  ///
  /// The four gates of an LSTM are one product with `weight_ih` and one with `weight_hh`; in backward
  /// graphs their cotangents are one wide signal, so that each weight's gradient is one product too.
  func mergingProducts() -> Recurrence {
    var groups: [AffineShape: [NodeID]] = [:]
    for id in graph.reachable(from: roots) {
      if let shape = AffineShape(of: id, in: graph) { groups[shape, default: []].append(id) }
    }
    return rewritten { id, copy in
      guard let shape = AffineShape(of: id, in: graph), let group = groups[shape], group.count > 1,
        group.contains(where: { $0 < id }) == false
      else { return }
      // The first member of the group builds the wide node for all.
      let members = group.sorted { position(of: $0) < position(of: $1) }
      let wide = wideNode(members, &copy)
      var start = 0
      for member in members {
        let end = start + graph[member].columns
        copy.map(member, to: copy.result.add(.slice(wide, start..<end)))
        start = end
      }
    }
  }

  /// What affine nodes must have in common to be merged.
  private struct AffineShape: Hashable {
    var signals: [NodeID]
    var biasCount: Int

    init?(of id: NodeID, in graph: SimplifiedGraph) {
      guard case .affine(let terms, let biases) = graph[id].operation,
        terms.allSatisfy({ !$0.isTransposed && $0.groups == 1 }),
        biases.allSatisfy({ graph[$0].dependence == .parameters })
      else { return nil }
      signals = terms.map(\.signal)
      biasCount = biases.count
    }
  }

  /// Where a node's weights stand in their parameter: members in this order stack without a copy.
  private func position(of id: NodeID) -> (Int, Int) {
    guard case .affine(let terms, _) = graph[id].operation, let weight = terms.first?.weight
    else { return (id, 0) }
    if case .rows(let parameter, let range) = graph[weight].operation {
      return (parameter, range.lowerBound)
    }
    return (weight, 0)
  }

  private func wideNode(_ members: [NodeID], _ copy: inout GraphCopy<SimplifiedGraph>) -> NodeID {
    var weights: [[NodeID]] = []
    var biases: [[NodeID]] = []
    var signals: [NodeID] = []
    for member in members {
      guard case .affine(let terms, let vectors) = graph[member].operation else { continue }
      signals = terms.map(\.signal)
      weights.append(terms.map { copy.node($0.weight) })
      biases.append(vectors.map { copy.node($0) })
    }
    let terms = signals.indices.map { index in
      ProductTerm(
        signal: copy.node(signals[index]),
        weight: copy.result.add(.stack(weights.map { $0[index] })), isTransposed: false)
    }
    let vectors = biases[0].indices.map { index in
      copy.result.add(.concatenate(biases.map { $0[index] }))
    }
    return copy.result.add(.affine(terms, biases: vectors))
  }
}
