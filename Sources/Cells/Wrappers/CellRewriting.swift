import Requirements

/// A rewriting of a cell's equations, stated in the cell language: how wrappers are written.
///
/// ```swift
/// let cell = CellRewriting(lstm)
/// let gate = sigmoid(cell.builder.affine(cell.input, "highway", width: lstm.outputSize))
/// cell.output = gate * cell.output + (1 - gate) * cell.input
/// let highway = cell.finished()
/// ```
///
/// A replacement applies to everything that is copied after it; so replace the input and the states before reading
/// an output or an update.
final class CellRewriting {
  /// The cell as it was.
  let original: CellGraph
  /// States new equations; `builder.input` and `builder.state` are what comes from outside and from before the step.
  let builder: CellBuilder
  private var copy: GraphCopy<Trace>
  private var updates: [Int: NodeID] = [:]
  private var newOutput: NodeID?
  private var sequences: [CellGraph.Sequence]
  private var weightMasks: [CellGraph.WeightMask]

  init(_ cell: CellGraph) {
    original = cell
    let trace = Trace(states: cell.states, parameters: cell.parameters)
    builder = CellBuilder(
      trace, inputSize: cell.inputSize, hiddenSize: cell.hiddenSize, hasBias: true)
    copy = GraphCopy(of: cell.graph, into: trace)
    sequences = cell.sequences
    weightMasks = cell.weightMasks
  }

  private var trace: Trace { builder.trace }
  private func signal(_ id: NodeID) -> Signal { Signal(id: id, trace: trace) }

  // MARK: The cell's signals

  var input: Signal { builder.input }

  /// The cell's output.
  var output: Signal {
    get { signal(newOutput ?? copy.node(original.output)) }
    set { newOutput = newValue.id }
  }

  /// The new value of a state.
  subscript(newValueOf state: CellGraph.State) -> Signal {
    get {
      let index = index(of: state)
      return signal(updates[index] ?? copy.node(original.updates[index]))
    }
    set { updates[index(of: state)] = newValue.id }
  }

  /// A state, as it was before the step, along one axis as all signals here.
  func old(_ state: CellGraph.State) -> Signal {
    builder.state(state.name, shape: state.shape).flat
  }

  private func index(of state: CellGraph.State) -> Int {
    guard let index = original.states.firstIndex(of: state) else {
      failure("state \(state.name) among \(original.states.map(\.name))")
    }
    return index
  }

  // MARK: External signals

  /// A new external signal.
  func sequence(_ name: String, width: Int = 1, _ role: CellGraph.Sequence.Role) -> Signal {
    sequences.append(.init(name: name, width: width, role: role))
    return trace.signal(.sequence(sequences.count - 1), width: width)
  }

  /// A new mask for the elements of a matrix or vector that depends on parameters alone.
  func weightMask(for weight: Matrix, probability: Float) -> Matrix {
    let (rows, columns) = weight.shape
    weightMasks.append(.init(rows: rows, columns: columns, probability: probability))
    let index = trace.parameterDescriptions.count + weightMasks.count - 1
    return Matrix(
      id: trace.add(.parameter(index), rows: rows, columns: columns), trace: trace)
  }

  // MARK: Replacing

  /// Replaces the input wherever the equations read it.
  func replaceInput(by replacement: (Signal) -> Signal) {
    replaceLeaves { $0 == .sequence(0) ? replacement(input) : nil }
  }

  /// Replaces the states wherever the equations read them.
  func replaceStates(by replacement: (CellGraph.State, Signal) -> Signal) {
    replaceLeaves { operation in
      guard case .state(let index) = operation else { return nil }
      let state = original.states[index]
      return replacement(state, old(state))
    }
  }

  private func replaceLeaves(_ replacement: (Operation) -> Signal?) {
    for id in reachable {
      if let new = replacement(original.graph[id].operation) { copy.map(id, to: new.id) }
    }
  }

  /// Replaces the products of a signal with a matrix that have several units.
  ///
  /// The replacement gets the product, the first parameter that its matrix depends on, and the rows of the
  /// parameter that it multiplies with.
  func replaceWideProducts(
    by replacement: (_ product: Signal, _ parameter: CellGraph.Parameter, _ rows: Range<Int>) ->
      Signal
  ) {
    let graph = original.graph
    for id in reachable {
      guard let term = graph.product(id), graph[id].columns > 1,
        let owner = graph.firstParameter(of: term.weight)
      else { continue }
      var rows = 0..<graph[id].columns
      if case .rows(_, let range) = graph[term.weight].operation { rows = range }
      let product = signal(copy.node(id))
      copy.map(id, to: replacement(product, original.parameters[owner], rows).id)
    }
  }

  /// Replaces the signals that recurrent weights multiply, in these products. `replacement` is called once for each
  /// signal, however often the equations state it.
  func replaceRecurrentSignals(by replacement: (Signal) -> Signal) {
    let first = original.graph.firstAlike
    var known: [NodeID: NodeID] = [:]
    replaceRecurrentProducts { product in
      let stated = first[product.signal]
      let new = known[stated] ?? replacement(signal(copy.node(stated))).id
      known[stated] = new
      return (signal: new, weight: copy.node(product.weight))
    }
  }

  /// Replaces the recurrent weights in products with signals that depend on the state. `replacement` is called once
  /// for each parameter, or for each matrix made of parameters.
  func replaceRecurrentWeights(by replacement: (Matrix) -> Matrix) {
    let first = original.graph.firstAlike
    var known: [NodeID: NodeID] = [:]
    /// Blocks of one parameter stay blocks of one matrix.
    func replaced(_ weight: NodeID) -> NodeID {
      switch original.graph[weight].operation {
      case .rows(let whole, let range): return trace.add(.rows(replaced(whole), range))
      case .slice(let whole, let range): return trace.add(.slice(replaced(whole), range))
      case .broadcast(let whole, let columns):
        return trace.add(.broadcast(replaced(whole), columns: columns))
      default:
        let stated = first[weight]
        let new =
          known[stated] ?? replacement(Matrix(id: copy.node(stated), trace: trace)).id
        known[stated] = new
        return new
      }
    }
    replaceRecurrentProducts { product in
      let weight = replaced(product.weight)
      return (signal: copy.node(product.signal), weight: weight)
    }
  }

  private func replaceRecurrentProducts(
    by replacement: (RecurrentProduct) -> (signal: NodeID, weight: NodeID)
  ) {
    for (id, product) in original.recurrentProducts {
      let (signal, weight) = replacement(product)
      let new: Operation =
        switch product.kind {
        case .matrix(let isTransposed, let groups):
          .affine(
            [
              ProductTerm(
                signal: signal, weight: weight, isTransposed: isTransposed, groups: groups)
            ], biases: [])
        case .vector: .apply(.multiply, [weight, signal])
        }
      copy.map(id, to: trace.add(new))
    }
  }

  private var reachable: [NodeID] {
    original.graph.reachable(from: original.updates + [original.output])
  }

  // MARK: The rewritten cell

  /// The rewritten cell.
  func finished() -> CellGraph {
    var cell = original
    let copied = original.updates.map { copy.node($0) }
    cell.updates = copied.indices.map { updates[$0] ?? copied[$0] }
    cell.output = newOutput ?? copy.node(original.output)
    cell.sequences = sequences
    let parameters = trace.parameterDescriptions
    require(
      original.weightMasks.isEmpty || parameters.count == original.parameters.count,
      "parameters come before masks of weights")
    cell.parameters = parameters
    cell.weightMasks = weightMasks
    cell.graph = trace.graph
    return cell
  }
}
