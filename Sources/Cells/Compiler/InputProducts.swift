/// A cell in two: the products of its input alone, and the cell that picks rows of such products instead of reading the
/// input.
///
/// Where an affine node has products of the input and of states, those of the input are computed first, with its bias, and
/// the others are added, as in the whole cell: so the two cells together give the same bits.
struct InputProducts {
  /// The number of units of each product and, where the cell also reads its input without a product, of the input.
  let widths: [Int]
  /// The cell without states whose output holds these units.
  let computing: CellGraph
  private let cell: CellGraph
  private let recurrence: Recurrence
  private let parts: [Part]

  /// A node that is read from outside: the input, or an affine node or the part of it that depends on the input alone.
  private struct Part {
    var node: NodeID
    /// What the affine node adds to the part.
    var rest: [ProductTerm] = []
  }

  /// Nil for a cell without a product of its input.
  init?(_ cell: CellGraph) {
    self.cell = cell
    recurrence = cell.recurrence.optimized()
    parts = Self.parts(of: recurrence)
    let graph = recurrence.graph
    guard parts.contains(where: { !graph[$0.node].operation.isLeaf }) else { return nil }
    widths = parts.map { graph[$0.node].columns }
    computing = Self.computing(parts, of: cell, recurrence)
  }

  /// The last products of the input on the ways to the results, and the input where there is none.
  private static func parts(of recurrence: Recurrence) -> [Part] {
    let graph = recurrence.graph
    let (isKnown, stages) = (graph.dependOnInputAlone(), recurrence.stages())
    var isNeeded = graph.nodes.map { _ in false }
    for root in recurrence.roots { isNeeded[root] = true }
    var parts: [Part] = []
    for id in graph.nodes.indices.reversed() where isNeeded[id] {
      let operation = graph[id].operation
      if operation == .sequence(0) { parts.append(Part(node: id)) }
      if case .affine(let terms, let biases) = operation,
        biases.allSatisfy({ graph[$0].dependence == .parameters }),
        let rest = rest(terms, of: id, isKnown, stages)
      {
        parts.append(Part(node: id, rest: rest))
        for term in rest { isNeeded[term.signal] = true }
      } else {
        for operand in operation.operands { isNeeded[operand] = true }
      }
    }
    return parts.reversed()
  }

  /// What an affine node adds to its products of known signals; nil if there are none, or if they are not the first that
  /// its schedule adds: in a loop what was computed before it, else one after the other.
  private static func rest(
    _ terms: [ProductTerm], of id: NodeID, _ isKnown: [Bool], _ stages: [NodeID: Stage]
  ) -> [ProductTerm]? {
    let rest = terms.filter { !isKnown[$0.signal] }
    let areFirst =
      stages[id]?.loop == nil
      ? Array(terms.suffix(rest.count)) == rest
      : rest.allSatisfy { stages[$0.signal] == stages[id] }
    return rest.count < terms.count && areFirst ? rest : nil
  }

  private static func computing(
    _ parts: [Part], of cell: CellGraph, _ recurrence: Recurrence
  ) -> CellGraph {
    let graph = recurrence.graph.graph
    var copy = GraphCopy(of: graph, into: Graph())
    let nodes = parts.map { part -> NodeID in
      guard case .affine(let terms, let biases) = graph[part.node].operation else {
        return copy.node(part.node)
      }
      let known = terms.filter { !part.rest.contains($0) }.map { copy.term($0) }
      return copy.result.add(.affine(known, biases: biases.map { copy.node($0) }))
    }
    let output = nodes.count == 1 ? nodes[0] : copy.result.add(.concatenate(nodes))
    return CellGraph(
      graph: copy.result, inputSize: cell.inputSize, hiddenSize: cell.hiddenSize, states: [],
      parameters: cell.parameters, sequences: cell.sequences, updates: [], output: output)
  }

  /// The cell whose input is the number of a row of the products, which are its last parameters: matrices of `rows` rows.
  func picking(fromRows rows: Int) -> CellGraph {
    var copy = GraphCopy(of: recurrence.graph.graph, into: Graph())
    let number = copy.result.add(.sequence(0), columns: 1)
    let row = copy.result.add(.oneHot(number, count: rows))
    var parameters = cell.parameters
    for (part, width) in zip(parts, widths) {
      let products = copy.result.add(.parameter(parameters.count), rows: rows, columns: width)
      parameters.append(
        .init(
          name: "products.\(parameters.count)", shape: [rows, width], isSignal: false, blocks: []))
      let known = ProductTerm(signal: row, weight: products, isTransposed: true)
      let rest = part.rest.map { copy.term($0) }
      copy.map(part.node, to: copy.result.add(.affine([known] + rest, biases: [])))
    }
    var sequences = cell.sequences
    sequences[0] = .init(name: sequences[0].name, width: 1)
    let updates = recurrence.updates.map { copy.node($0) }
    let output = copy.node(recurrence.outputs[0])
    return CellGraph(
      graph: copy.result, inputSize: 1, hiddenSize: cell.hiddenSize, states: cell.states,
      parameters: parameters, sequences: sequences, updates: updates, output: output)
  }
}

extension GraphBuilder {
  /// Whether a signal depends on the cell's input and on no other signal, by node.
  fileprivate func dependOnInputAlone() -> [Bool] {
    var known: [Bool] = []
    for node in nodes {
      let signals = node.operation.operands.filter { self[$0].dependence != .parameters }
      known.append(
        node.operation == .sequence(0) || !signals.isEmpty && signals.allSatisfy { known[$0] })
    }
    return known
  }
}
