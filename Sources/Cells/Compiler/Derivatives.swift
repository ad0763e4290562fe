import Requirements
import TensorCore

extension BackwardBuilder {
  /// Passes the cotangent of a forward node on to its operands.
  mutating func propagate(_ g: NodeID, through id: NodeID) {
    switch graph[id].operation {
    case .sequence, .state, .parameter, .constant, .identity, .table, .oneHot, .outer, .total:
      break
    case .apply(let function, let operands):
      for (operand, value) in zip(operands, cotangents(g, function, operands, id)) {
        if let value { pass(value, to: operand, from: id) }
      }
    case .broadcast(let a, _): pass(g, to: a, from: id)
    case .affine(let terms, let biases):
      for (index, term) in terms.enumerated() {
        propagate(g, through: term, isOwn: units?.ownTerms.contains(.init(node: id, index: index)))
      }
      for bias in biases { pass(g, to: bias, from: id) }
    case .slice(let a, let range): pass(g, toColumns: range, of: a)
    case .concatenate(let parts):
      var start = 0
      for part in parts {
        let end = start + graph[part].columns
        pass(graph.add(.slice(g, start..<end)), to: part, from: id)
        start = end
      }
    case .sum, .maximum, .cumulativeSum, .spread, .sumAlong, .maximumAlong:
      propagateAlongUnits(g, through: id)
    case .rows(let a, let range): pass(g, toRows: range, of: a)
    case .stack(let parts):
      var start = 0
      for part in parts {
        let end = start + graph[part].rows
        pass(graph.add(.rows(g, start..<end)), to: part, from: id)
        start = end
      }
    case .transpose(let a): pass(graph.add(.transpose(g)), to: a, from: id)
    }
  }

  /// The same for operations along the axis of units.
  private mutating func propagateAlongUnits(_ g: NodeID, through id: NodeID) {
    switch graph[id].operation {
    case .sum(let a) where omitsOtherUnits(a), .maximum(let a) where omitsOtherUnits(a): break
    case .cumulativeSum(let a, _) where omitsOtherUnits(a): pass(g, to: a, from: id)
    case .sum(let a): pass(graph.add(.broadcast(g, columns: graph[a].columns)), to: a, from: id)
    case .maximum(let a):
      let isLargest = apply(.equal, a, id)
      let share = apply(.divide, isLargest, graph.add(.sum(isLargest)))
      pass(apply(.multiply, g, share), to: a, from: id)
    case .cumulativeSum(let a, let isReversed):
      pass(graph.add(.cumulativeSum(g, isReversed: !isReversed)), to: a, from: id)
    case .spread(let a, let axis):
      pass(graph.add(.sumAlong(g, axis)), to: a, from: id)
    case .sumAlong(let a, _) where omitsOtherUnits(a),
      .maximumAlong(let a, _) where omitsOtherUnits(a):
      break
    case .sumAlong(let a, let axis): pass(graph.add(.spread(g, axis)), to: a, from: id)
    case .maximumAlong(let a, let axis):
      let isLargest = apply(.equal, a, graph.add(.spread(id, axis)))
      let share = apply(.divide, g, graph.add(.sumAlong(isLargest, axis)))
      pass(apply(.multiply, graph.add(.spread(share, axis)), isLargest), to: a, from: id)
    default: break
    }
  }

  /// Whether cotangents between different units are omitted, and this node has units.
  private func omitsOtherUnits(_ id: NodeID) -> Bool {
    units != nil && graph[id].dependence != .parameters
  }

  /// `y = s · Wᵀ` has the cotangents `g · W` of the signal and `Σ gᵀ s` of the weight.
  ///
  /// `isOwn` is nil for full derivatives. For those within units it says whether the product connects a unit with itself.
  private mutating func propagate(_ g: NodeID, through term: ProductTerm, isOwn: Bool?) {
    if graph[term.signal].dependence == .parameters {
      failure("a product of two parameters has no derivative in this graph")
    }
    switch isOwn {
    case nil:
      let back = ProductTerm(
        signal: g, weight: term.weight, isTransposed: !term.isTransposed, groups: term.groups)
      pass(graph.add(.affine([back], biases: [])), to: term.signal, from: term.signal)
    case true?: passToOwnUnits(g, through: term)
    case false?: break
    }
    let (rows, columns) = term.isTransposed ? (term.signal, g) : (g, term.signal)
    pass(graph.add(.outer(rows, columns, groups: term.groups)), to: term.weight, from: term.weight)
  }

  /// Passes on the derivative of each unit by itself: the cotangent times the diagonal of each square of W.
  private mutating func passToOwnUnits(_ g: NodeID, through term: ProductTerm) {
    let size = graph[term.signal].columns
    for start in stride(from: 0, to: graph[g].columns, by: size) {
      let square = graph.add(.rows(term.weight, start..<start + size))
      let ones = graph.add(.identity(size))
      let diagonal = graph.add(.transpose(graph.add(.sum(apply(.multiply, square, ones)))))
      let part = graph.add(.slice(g, start..<start + size))
      pass(apply(.multiply, part, diagonal), to: term.signal, from: term.signal)
    }
  }

  /// The cotangent of each operand of a word; nil where that is zero.
  private mutating func cotangents(
    _ g: NodeID, _ function: ElementwiseFunction, _ x: [NodeID], _ y: NodeID
  ) -> [NodeID?] {
    function.word.cotangents.map { $0.map { add($0, of: x + [y, g]) } }
  }

  /// Adds the nodes of an expression of other nodes.
  private mutating func add(_ expression: Expression, of operands: [NodeID]) -> NodeID {
    switch expression.node {
    case .operand(let index): return operands[index]
    case .constant(let value): return graph.add(.constant(value, columns: 1))
    case .apply(let function, let x):
      let nodes = x.map { add($0, of: operands) }
      return graph.add(.apply(function, nodes))
    }
  }

  private mutating func apply(_ function: ElementwiseFunction, _ operands: NodeID...) -> NodeID {
    graph.add(.apply(function, operands))
  }
}
