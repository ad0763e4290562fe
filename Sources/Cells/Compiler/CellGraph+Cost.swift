extension CellGraph {
  /// The number of the cell's parameters, each scalar counted.
  public var parameterCount: Int {
    parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// Floating-point operations for one sample and one step, forward: a multiplication and an addition
  /// for each weight of a product, one operation for each element of anything else.
  ///
  /// Values that depend on parameters alone are computed once a pass and not counted, nor are operations that
  /// the compiler removes.
  public var operationsPerStep: Int {
    let cell = simplified()
    let graph = cell.graph
    return graph.nodes.reduce(0) { count, node in
      guard node.dependence > .parameters else { return count }
      switch node.operation {
      case .apply: return count + node.columns
      case .affine(let terms, let biases):
        let products = terms.reduce(0) {
          $0 + 2 * graph[$1.signal].columns / $1.groups * node.columns
        }
        // The first of several summands needs no addition.
        return count + products + biases.count * node.columns
      case .sum(let a), .maximum(let a), .cumulativeSum(let a, _), .sumAlong(let a, _),
        .maximumAlong(let a, _):
        return count + graph[a].columns
      default: return count
      }
    }
  }

  /// The operations of ``operationsPerStep`` in products of the input itself: its cotangent takes as many again.
  package var inputOperationsPerStep: Int {
    let graph = simplified().graph
    return graph.nodes.reduce(0) { count, node in
      guard case .affine(let terms, _) = node.operation else { return count }
      return terms.filter { graph[$0.signal].operation == .sequence(0) }.reduce(count) {
        $0 + 2 * graph[$1.signal].columns / $1.groups * node.columns
      }
    }
  }
}
