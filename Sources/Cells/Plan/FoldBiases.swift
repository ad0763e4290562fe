extension Recurrence {
  /// Several biases of one affine node become one vector, added up once a pass.
  func foldingBiases() -> Recurrence {
    rewritten { id, copy in
      guard case .affine(let terms, let biases) = graph[id].operation, biases.count > 1 else {
        return
      }
      let sum = biases.dropFirst().reduce(copy.node(biases[0])) { sum, bias in
        let next = copy.node(bias)
        return copy.result.add(.apply(.add, [sum, next]))
      }
      let copied = terms.map {
        ProductTerm(
          signal: copy.node($0.signal), weight: copy.node($0.weight),
          isTransposed: $0.isTransposed)
      }
      copy.map(id, to: copy.result.add(.affine(copied, biases: [sum])))
    }
  }
}
