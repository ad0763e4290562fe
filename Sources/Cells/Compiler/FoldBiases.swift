extension Recurrence {
  /// Several biases of one affine node become one vector, added up once a pass.
  func foldingBiases() -> Recurrence {
    rewritten { id, copy in
      guard case .affine(let terms, let all) = graph[id].operation else { return }
      let biases = all.filter { graph[$0].dependence == .parameters }
      guard biases.count > 1 else { return }
      let added = all.filter { graph[$0].dependence != .parameters }.map { copy.node($0) }
      let sum = biases.dropFirst().reduce(copy.node(biases[0])) { sum, bias in
        let next = copy.node(bias)
        return copy.result.add(.apply(.add, [sum, next]))
      }
      let copied = terms.map { copy.term($0) }
      copy.map(id, to: copy.result.add(.affine(copied, biases: [sum] + added)))
    }
  }
}
