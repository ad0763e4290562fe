extension Recurrence {
  /// Sums of products, and of products and vectors, become one affine node.
  ///
  /// `(W x + b) + (U h + b')` is four nodes before and one after, which the schedule turns into a product
  /// over all steps, started from the biases, and a product a step that is added in place. A product that
  /// is read elsewhere too stays a node of its own.
  func collectingSums() -> Recurrence {
    let uses = graph.useCounts(roots: roots)
    return rewritten { id, copy in
      guard case .apply(.add, let operands) = graph[id].operation, operands.count == 2,
        operands.allSatisfy({ graph[$0].columns == graph[id].columns && graph[$0].rows == 1 }),
        graph[id].dependence != .parameters, graph[id].dependence != .gathered
      else { return }
      var terms: [ProductTerm] = []
      var biases: [NodeID] = []
      for operand in operands {
        let node = copy.node(operand)
        if case .affine(let more, let moreBiases) = copy.result[node].operation,
          uses[operand] == 1
        {
          terms += more
          biases += moreBiases
        } else if graph[operand].dependence == .parameters {
          biases.append(node)
        } else {
          return
        }
      }
      if !terms.isEmpty { copy.map(id, to: copy.result.add(.affine(terms, biases: biases))) }
    }
  }
}
