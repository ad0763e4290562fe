extension Recurrence {
  /// Sums of products, of products and vectors, and of products and one more signal become one affine node.
  ///
  /// `(W x + b) + (U h + b')` is four nodes before and one after, which the schedule turns into a product
  /// over all steps, started from the biases, and a product a step that is added in place. A product that
  /// has other readers stays a node of its own.
  package func collectingSums() -> Recurrence {
    let uses = graph.useCounts(roots: roots)
    let loops = nodeLoops()
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
        } else {
          biases.append(node)
        }
      }
      let added = biases.filter { copy.result[$0].dependence != .parameters }
      // A product that could leave the loop does not wait there for a signal to be added to.
      let isOfOneLoop = Set(operands.map { loops[$0] }).count == 1
      if terms.isEmpty || !added.isEmpty && !isOfOneLoop
        || !canBeAddedInPlace(added, to: terms, operands, uses, copy)
      {
        return
      }
      copy.map(id, to: copy.result.add(.affine(terms, biases: biases)))
    }
  }

  /// Whether signals can be computed where products will then be added: at most one, elementwise, read by
  /// nobody else, and no product that leaves the loop before it.
  private func canBeAddedInPlace(
    _ added: [NodeID], to terms: [ProductTerm], _ operands: [NodeID], _ uses: [Int],
    _ copy: GraphCopy<SimplifiedGraph>
  ) -> Bool {
    guard let signal = added.first else { return true }
    let isFree = operands.allSatisfy { operand in
      !graph[operand].operation.isElementwise || uses[operand] == 1
    }
    return added.count == 1 && isFree && copy.result[signal].operation.isElementwise
      && copy.result[signal].dependence == .state
      && terms.allSatisfy { copy.result[$0.signal].dependence == .state }
  }
}
