import Requirements
import TensorCore

/// A cell's graph that is being rewritten: what wraps a cell is woven into its equations.
///
/// New nodes are added to `copy.result`; `node` gives what stands for a node of the cell.
struct CellRewriting {
  private(set) var cell: CellGraph
  var copy: GraphCopy

  init(_ cell: CellGraph) {
    self.cell = cell
    copy = GraphCopy(of: cell.graph)
  }

  /// The node that stands for one of the cell's.
  mutating func node(_ id: NodeID) -> NodeID { copy.node(id) }

  /// Goes through the cell's nodes, operands first; what is returned stands for the node from here on.
  mutating func replace(_ replacement: (NodeID, inout CellRewriting) -> NodeID?) {
    for id in cell.graph.reachable(from: cell.updates + [cell.output]).sorted() {
      if let new = replacement(id, &self) { copy.map(id, to: new) }
    }
  }

  /// The rewritten cell; updates and output are the copies of the cell's unless given.
  mutating func finished(updates: [NodeID]? = nil, output: NodeID? = nil) -> CellGraph {
    let copied = cell.updates.map { copy.node($0) }
    let result = output ?? copy.node(cell.output)
    cell.updates = updates ?? copied
    cell.output = result
    cell.graph = copy.result
    return cell
  }

  // MARK: New nodes

  mutating func apply(_ function: ElementwiseFunction, _ operands: NodeID...) -> NodeID {
    copy.result.add(.apply(function, operands))
  }

  mutating func constant(_ value: Double) -> NodeID {
    copy.result.add(.constant(value, columns: 1))
  }

  /// The input, as it comes from outside.
  mutating func input() -> NodeID { copy.result.add(.sequence(0), columns: cell.inputSize) }

  /// A state, as it was before the step.
  mutating func state(_ index: Int) -> NodeID {
    copy.result.add(.state(index), columns: cell.states[index].width)
  }

  /// A new signal from outside.
  mutating func sequence(_ sequence: CellGraph.Sequence) -> NodeID {
    cell.sequences.append(sequence)
    return copy.result.add(.sequence(cell.sequences.count - 1), columns: sequence.width)
  }

  /// A new parameter: a matrix, or a vector of one size.
  mutating func parameter(
    _ name: String, _ shape: [Int], _ initialization: Initialization? = nil
  ) -> NodeID {
    require(cell.weightMasks.isEmpty, "parameters come before masks of weights")
    cell.parameters.append(
      .init(
        name: name, shape: shape,
        blocks: [.init(name: "", range: 0..<shape[0], initialization: initialization)]))
    return copy.result.add(
      .parameter(cell.parameters.count - 1), rows: shape.count == 2 ? shape[0] : 1,
      columns: shape[shape.count - 1])
  }

  /// A new mask for the elements of a matrix or vector that depends on parameters alone.
  mutating func weightMask(rows: Int, columns: Int, probability: Float) -> NodeID {
    cell.weightMasks.append(.init(rows: rows, columns: columns, probability: probability))
    let index = cell.parameters.count + cell.weightMasks.count - 1
    return copy.result.add(.parameter(index), rows: rows, columns: columns)
  }

  /// `signal · Wᵀ`.
  mutating func product(_ signal: NodeID, _ weight: NodeID) -> NodeID {
    copy.result.add(
      .affine([ProductTerm(signal: signal, weight: weight, isTransposed: false)], biases: []))
  }
}

extension CellGraph {
  /// The same cell with its input multiplied by a mask of the input's width: dropout on the input.
  func maskingInput(_ name: String, _ mask: Sequence.Mask) -> CellGraph {
    var rewriting = CellRewriting(self)
    let mask = rewriting.sequence(
      Sequence(name: name, width: inputSize, role: .mask(mask)))
    let input = rewriting.input()
    let masked = rewriting.apply(.multiply, input, mask)
    rewriting.replace { [graph] id, _ in
      graph[id].operation == .sequence(0) ? masked : nil
    }
    return rewriting.finished()
  }

  /// The same cell with its output multiplied by a mask.
  func maskingOutput(_ mask: Sequence.Mask) -> CellGraph {
    var rewriting = CellRewriting(self)
    let mask = rewriting.sequence(
      Sequence(name: "output mask", width: outputSize, role: .mask(mask)))
    let output = rewriting.node(output)
    return rewriting.finished(output: rewriting.apply(.multiply, output, mask))
  }

  /// The same cell that stands still at steps where a mask of one unit is zero: its states stay as
  /// they are, its output is zero.
  package func holdingStates() -> CellGraph {
    var rewriting = CellRewriting(self)
    let isValid = rewriting.sequence(Sequence(name: "valid", width: 1, role: .validity))
    let held = updates.indices.map { index in
      let (new, old) = (rewriting.node(updates[index]), rewriting.state(index))
      return rewriting.apply(.select, isValid, new, old)
    }
    let output = rewriting.node(output)
    let zero = rewriting.constant(0)
    return rewriting.finished(
      updates: held, output: rewriting.apply(.select, isValid, output, zero))
  }

  /// The same cell that starts anew at steps where a mask of one unit is one: there its states are, before the
  /// step, those that a sequence starts from.
  func resettingStates() -> CellGraph {
    var rewriting = CellRewriting(self)
    let isReset = rewriting.sequence(Sequence(name: "reset", width: 1, role: .resets))
    let zero = rewriting.constant(0)
    let starts = states.map { state in
      guard let index = parameters.firstIndex(where: { $0.name == "initial_\(state.name)" })
      else { return zero }
      return rewriting.copy.result.add(.parameter(index), columns: state.width)
    }
    rewriting.replace { [graph] id, rewriting in
      guard case .state(let index) = graph[id].operation else { return nil }
      let old = rewriting.state(index)
      return rewriting.apply(.select, isReset, starts[index], old)
    }
    return rewriting.finished()
  }
}
