import TensorCore

/// Where weights multiply what depends on the state, on the way to the states' updates.
struct RecurrentProducts {
  /// Sums of products with matrices, and which of their terms read the state.
  var matrices: [NodeID: [Int]] = [:]
  /// Elementwise products of a vector of weights with a state.
  var vectors: [NodeID: (weight: NodeID, state: NodeID)] = [:]

  var isEmpty: Bool { matrices.isEmpty && vectors.isEmpty }
}

extension CellGraph {
  /// The cell's recurrent weights.
  var recurrentProducts: RecurrentProducts {
    var products = RecurrentProducts()
    for id in graph.reachable(from: updates) {
      switch graph[id].operation {
      case .affine(let terms, _):
        let recurrent = terms.indices.filter {
          graph[terms[$0].signal].dependence == .state
            && graph.firstParameter(of: terms[$0].weight) != nil
        }
        if !recurrent.isEmpty { products.matrices[id] = recurrent }
      case .apply(.multiply, let operands):
        for (weight, state) in [(operands[0], operands[1]), (operands[1], operands[0])]
        where isParameter(weight) && isState(state) { products.vectors[id] = (weight, state) }
      default: break
      }
    }
    return products
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

  /// The same cell with every signal that recurrent weights multiply multiplied by a mask of its own, which all
  /// weights of that signal share.
  func maskingRecurrentSignals(_ mask: Sequence.Mask) -> CellGraph {
    let (products, graph) = (recurrentProducts, graph)
    var rewriting = CellRewriting(self)
    var masks: [NodeID: NodeID] = [:]
    func masked(_ signal: NodeID, _ rewriting: inout CellRewriting) -> NodeID {
      let known =
        masks[signal]
        ?? rewriting.sequence(
          Sequence(
            name: "recurrent mask", width: graph[signal].columns, role: .mask(mask)))
      masks[signal] = known
      let copy = rewriting.node(signal)
      return rewriting.apply(.multiply, copy, known)
    }
    rewriting.replace { id, rewriting in
      if let product = products.vectors[id] {
        let state = masked(product.state, &rewriting)
        let weight = rewriting.node(product.weight)
        return rewriting.apply(.multiply, weight, state)
      }
      guard let recurrent = products.matrices[id] else { return nil }
      return rewriting.terms(of: id) { index, term, rewriting in
        if recurrent.contains(index) {
          term.signal = masked(term.signal, &rewriting)
        } else {
          term.signal = rewriting.node(term.signal)
        }
        term.weight = rewriting.node(term.weight)
      }
    }
    return rewriting.finished()
  }

  /// The same cell with every recurrent weight multiplied by a mask of its own.
  func maskingRecurrentWeights(probability: Float) -> CellGraph {
    let (products, graph) = (recurrentProducts, graph)
    var rewriting = CellRewriting(self)
    var masked: [NodeID: NodeID] = [:]
    /// Blocks of one parameter stay blocks of one matrix.
    func dropped(_ weight: NodeID, _ rewriting: inout CellRewriting) -> NodeID {
      switch graph[weight].operation {
      case .rows(let whole, let range):
        let whole = dropped(whole, &rewriting)
        return rewriting.copy.result.add(.rows(whole, range))
      case .slice(let whole, let range):
        let whole = dropped(whole, &rewriting)
        return rewriting.copy.result.add(.slice(whole, range))
      case .broadcast(let whole, let columns):
        let whole = dropped(whole, &rewriting)
        return rewriting.copy.result.add(.broadcast(whole, columns: columns))
      default:
        if let known = masked[weight] { return known }
        let node = graph[weight]
        let mask = rewriting.weightMask(
          rows: node.rows, columns: node.columns, probability: probability)
        let copy = rewriting.node(weight)
        let product = rewriting.apply(.multiply, copy, mask)
        masked[weight] = product
        return product
      }
    }
    rewriting.replace { id, rewriting in
      if let product = products.vectors[id] {
        let weight = dropped(product.weight, &rewriting)
        let state = rewriting.node(product.state)
        return rewriting.apply(.multiply, weight, state)
      }
      guard let recurrent = products.matrices[id] else { return nil }
      return rewriting.terms(of: id) { index, term, rewriting in
        term.weight =
          recurrent.contains(index)
          ? dropped(term.weight, &rewriting) : rewriting.node(term.weight)
        term.signal = rewriting.node(term.signal)
      }
    }
    return rewriting.finished()
  }
}

extension CellRewriting {
  /// A sum of products of the cell with its terms changed.
  fileprivate mutating func terms(
    of id: NodeID, _ change: (Int, inout ProductTerm, inout CellRewriting) -> Void
  ) -> NodeID? {
    guard case .affine(var terms, let biases) = cell.graph[id].operation else { return nil }
    for index in terms.indices { change(index, &terms[index], &self) }
    let copied = biases.map { node($0) }
    return copy.result.add(.affine(terms, biases: copied))
  }
}
