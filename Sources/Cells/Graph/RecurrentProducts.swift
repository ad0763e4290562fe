/// A product of a recurrent weight: of a matrix with a signal that depends on the state, or of a vector with a state,
/// unit by unit.
struct RecurrentProduct {
  enum Weight {
    case matrix(isTransposed: Bool, groups: Int)
    case vector

    var isMatrix: Bool { if case .matrix = self { true } else { false } }
  }

  var signal: NodeID
  var weight: NodeID
  var kind: Weight
}

extension CellGraph {
  /// The products of the cell's recurrent weights on the way to the states' updates, by their nodes, in order.
  var recurrentProducts: [(node: NodeID, product: RecurrentProduct)] {
    graph.reachable(from: updates).compactMap { id in
      if let term = graph.product(id), graph[term.signal].dependence == .state,
        graph.firstParameter(of: term.weight) != nil
      {
        return (
          id,
          RecurrentProduct(
            signal: term.signal, weight: term.weight,
            kind: .matrix(isTransposed: term.isTransposed, groups: term.groups))
        )
      }
      guard case .apply(.multiply, let operands) = graph[id].operation else { return nil }
      let pairs = [(operands[1], operands[0]), (operands[0], operands[1])]
      return pairs.first { isParameter($0) && isState($1) }.map { weight, state in
        (id, RecurrentProduct(signal: state, weight: weight, kind: .vector))
      }
    }
  }

  private func isParameter(_ id: NodeID) -> Bool {
    switch graph[id].operation {
    case .parameter: true
    case .slice(let a, _), .broadcast(let a, _): isParameter(a)
    default: false
    }
  }

  private func isState(_ id: NodeID) -> Bool {
    switch graph[id].operation {
    case .state: true
    case .slice(let a, _): isState(a)
    default: false
    }
  }
}

extension Graph {
  /// The product that a node is, if it is one of a signal with a matrix.
  func product(_ id: NodeID) -> ProductTerm? {
    guard case .affine(let terms, let biases) = self[id].operation, terms.count == 1,
      biases.isEmpty
    else { return nil }
    return terms[0]
  }

  /// The first parameter that a value depends on.
  func firstParameter(of id: NodeID) -> Int? {
    reachable(from: [id]).compactMap { node -> Int? in
      if case .parameter(let index) = self[node].operation { index } else { nil }
    }.min()
  }
}
