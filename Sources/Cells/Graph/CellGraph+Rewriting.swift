import TensorCore

extension CellGraph {
  /// The same cell with its input multiplied by a mask of the input's width: dropout on the input.
  package func maskingInput() -> CellGraph {
    var copy = GraphCopy(of: graph)
    let input = copy.result.add(.sequence(0), columns: inputSize)
    let mask = copy.result.add(.sequence(sequences.count), columns: inputSize)
    if let leaf = graph.nodes.firstIndex(where: { $0.operation == .sequence(0) }) {
      copy.map(leaf, to: copy.result.add(.apply(.multiply, [input, mask])))
    }
    let updates = updates.map { copy.node($0) }
    let output = copy.node(output)
    return with(
      copy.result, updates: updates, output: output,
      adding: Sequence(name: "input mask", width: inputSize))
  }

  /// The same cell that stands still at steps where a mask of one unit is zero: its states stay as
  /// they are, its output is zero.
  package func holdingStates() -> CellGraph {
    var copy = GraphCopy(of: graph)
    let isValid = copy.result.add(.sequence(sequences.count), columns: 1)
    let zero = copy.result.add(.constant(0, columns: 1))
    let held = updates.enumerated().map { index, update in
      let old = copy.result.add(.state(index), columns: states[index].width)
      let new = copy.node(update)
      return copy.result.add(.apply(.select, [isValid, new, old]))
    }
    let output = copy.node(output)
    let masked = copy.result.add(.apply(.select, [isValid, output, zero]))
    return with(
      copy.result, updates: held, output: masked, adding: Sequence(name: "valid", width: 1))
  }

  private func with(
    _ graph: Graph, updates: [NodeID], output: NodeID, adding sequence: Sequence
  ) -> CellGraph {
    CellGraph(
      graph: graph, inputSize: inputSize, hiddenSize: hiddenSize, states: states,
      parameters: parameters, sequences: sequences + [sequence], updates: updates, output: output)
  }
}
