/// A cell in two: the products of its input alone, and the cell that picks rows of such products instead of reading the
/// input.
///
/// Where an affine node has products of the input and of states, those of the input are computed first, with its bias, and
/// the others are added, as in the whole cell: so the two cells together give the same bits.
///
/// The second cell may also pick rows for the step before: a product of a mixture of this input and the last one, as in a
/// token shift, is the sum of a product of each. Its results are those of the whole cell within rounding.
struct InputProducts {
  /// The number of units of each product and, where the cell also reads its input without a product, of the input; then
  /// those of the products of the step before.
  let widths: [Int]
  /// The cell without states whose output holds these units.
  let computing: CellGraph
  /// The states that hold what is known of the input of the step before, with the product that they are equal to. Where there
  /// are some, the second cell's input is the number of this step's row, then that of the step before.
  let past: [(state: Int, product: Int)]
  private let cell: CellGraph
  private let recurrence: Recurrence
  private let parts: [Part]

  /// A node that is read from outside: the input, a signal that depends on it alone, or an affine node or the part of it that
  /// depends on the input.
  private struct Part {
    var node: NodeID
    /// The products of mixtures of this step's input and the last one's.
    var mixed: [ProductTerm] = []
    /// What the affine node adds to the part.
    var rest: [ProductTerm] = []
  }

  /// Nil for a cell without a product of its input; or without one of the step before, where that is to be read.
  init?(_ cell: CellGraph, readingPast: Bool = false) {
    let holdsInput = cell.updates.contains { cell.graph[$0].dependence == .input }
    if readingPast, !holdsInput { return nil }
    self.cell = cell
    recurrence = cell.recurrence.optimized()
    let sums = InputSums(recurrence, readingPast: readingPast)
    let parts = Self.parts(of: recurrence, sums)
    let graph = recurrence.graph
    guard parts.contains(where: { !graph[$0.node].operation.isLeaf }),
      !readingPast || parts.contains(where: { !$0.mixed.isEmpty })
    else { return nil }
    self.parts = parts
    past = sums.held.enumerated().compactMap { state, held in
      parts.firstIndex { $0.node == held }.map { (state, $0) }
    }
    widths = (parts + parts.filter { !$0.mixed.isEmpty }).map { graph[$0.node].columns }
    computing = Self.computing(parts, of: cell, recurrence, sums)
  }

  /// The last products of the input on the ways to the results, and the input where there is none.
  private static func parts(of recurrence: Recurrence, _ sums: InputSums) -> [Part] {
    let (graph, stages) = (recurrence.graph, recurrence.stages())
    var isNeeded = graph.nodes.map { _ in false }
    for root in recurrence.roots { isNeeded[root] = true }
    var parts: [Part] = []
    for id in graph.nodes.indices.reversed() where isNeeded[id] {
      let operation = graph[id].operation
      if operation == .sequence(0) || sums.held.contains(id) { parts.append(Part(node: id)) }
      if sums.held.contains(id) { continue }
      if case .affine(let terms, let biases) = operation,
        biases.allSatisfy({ graph[$0].dependence == .parameters }),
        let part = part(terms, of: id, sums, stages)
      {
        parts.append(part)
        for term in part.rest { isNeeded[term.signal] = true }
      } else {
        for operand in operation.operands { isNeeded[operand] = true }
      }
    }
    return parts.reversed()
  }

  /// What an affine node adds to its products of known signals; nil if there are none, or if they are not the first that
  /// its schedule adds: in a loop what was computed before it, else one after the other. With mixtures the order is free.
  private static func part(
    _ terms: [ProductTerm], of id: NodeID, _ sums: InputSums, _ stages: [NodeID: Stage]
  ) -> Part? {
    let mixed = terms.filter { sums.isMixture($0.signal) }
    let rest = terms.filter { !sums.isKnown[$0.signal] && !mixed.contains($0) }
    let areFirst =
      stages[id]?.loop == nil
      ? Array(terms.suffix(rest.count)) == rest
      : rest.allSatisfy { stages[$0.signal] == stages[id] }
    guard rest.count < terms.count, areFirst || !mixed.isEmpty else { return nil }
    return Part(node: id, mixed: mixed, rest: rest)
  }

  private static func computing(
    _ parts: [Part], of cell: CellGraph, _ recurrence: Recurrence, _ sums: InputSums
  ) -> CellGraph {
    let graph = recurrence.graph.graph
    var copy = GraphCopy(of: graph, into: Graph())
    func products(_ terms: [ProductTerm], ofPast isPast: Bool) -> [ProductTerm] {
      terms.compactMap { term in
        sums.share(of: term.signal, ofPast: isPast, &copy).map {
          ProductTerm(
            signal: $0, weight: copy.node(term.weight), isTransposed: term.isTransposed,
            groups: term.groups)
        }
      }
    }
    var nodes = parts.map { part -> NodeID in
      guard case .affine(let terms, let biases) = graph[part.node].operation else {
        return copy.node(part.node)
      }
      let known = products(terms.filter { !part.rest.contains($0) }, ofPast: false)
      return copy.result.add(.affine(known, biases: biases.map { copy.node($0) }))
    }
    for part in parts where !part.mixed.isEmpty {
      let past = products(part.mixed, ofPast: true)
      nodes.append(copy.result.add(.affine(past, biases: [])))
    }
    let output = nodes.count == 1 ? nodes[0] : copy.result.add(.concatenate(nodes))
    return CellGraph(
      graph: copy.result, inputSize: cell.inputSize, hiddenSize: cell.hiddenSize, states: [],
      parameters: cell.parameters, sequences: cell.sequences, updates: [], output: output)
  }

  /// The cell whose input is the number of a row of the products, which are its last parameters: matrices of `rows` rows.
  func picking(fromRows rows: Int) -> CellGraph {
    var copy = GraphCopy(of: recurrence.graph.graph, into: Graph())
    let numbers = copy.result.add(.sequence(0), columns: past.isEmpty ? 1 : 2)
    var parameters = cell.parameters
    /// The row of the next products, of this step or of the one before.
    func row(ofPast isPast: Bool, _ width: Int) -> ProductTerm {
      let number =
        past.isEmpty ? numbers : copy.result.add(.slice(numbers, isPast ? 1..<2 : 0..<1))
      let row = copy.result.add(.oneHot(number, count: rows))
      let products = copy.result.add(.parameter(parameters.count), rows: rows, columns: width)
      parameters.append(
        .init(
          name: "products.\(parameters.count)", shape: [rows, width], isSignal: false, blocks: []))
      return ProductTerm(signal: row, weight: products, isTransposed: true)
    }
    let known = zip(parts, widths).map { row(ofPast: false, $1) }
    var older = zip(parts.filter { !$0.mixed.isEmpty }, widths.dropFirst(parts.count)).map {
      row(ofPast: true, $1)
    }
    for (part, known) in zip(parts, known) {
      let past = part.mixed.isEmpty ? [] : [older.removeFirst()]
      let rest = part.rest.map { copy.term($0) }
      copy.map(part.node, to: copy.result.add(.affine([known] + past + rest, biases: [])))
    }
    var sequences = cell.sequences
    sequences[0] = .init(name: sequences[0].name, width: past.isEmpty ? 1 : 2)
    let updates = recurrence.updates.map { copy.node($0) }
    let output = copy.node(recurrence.outputs[0])
    return CellGraph(
      graph: copy.result, inputSize: sequences[0].width, hiddenSize: cell.hiddenSize,
      states: cell.states, parameters: parameters, sequences: sequences, updates: updates,
      output: output)
  }
}

/// The signals that depend on the input alone, and mixtures: sums of such a signal and of one of the step before, each times
/// parameters.
private struct InputSums {
  private let graph: Graph
  /// Whether a signal depends on the cell's input and on no other signal, by node.
  let isKnown: [Bool]
  /// By state, the signal whose value at the step before it holds, if that is known and read in a mixture.
  private(set) var held: [NodeID?]
  /// By node, the states that a mixture reads; nil for other nodes.
  private var mixtures: [Set<Int>?] = []

  init(_ recurrence: Recurrence, readingPast: Bool) {
    (graph, isKnown) = (recurrence.graph.graph, recurrence.graph.dependOnInputAlone())
    held = recurrence.updates.map { [isKnown] in readingPast && isKnown[$0] ? $0 : nil }
    for id in graph.nodes.indices { mixtures.append(states(mixedIn: id)) }
    var areRead = Set<Int>()
    for case .affine(let terms, _) in graph.nodes.map(\.operation) {
      for term in terms { areRead.formUnion(mixtures[term.signal] ?? []) }
    }
    for state in held.indices where !areRead.contains(state) { held[state] = nil }
  }

  /// Whether a signal is a mixture that reads the step before.
  func isMixture(_ id: NodeID) -> Bool { mixtures[id]?.isEmpty == false }

  private func states(mixedIn id: NodeID) -> Set<Int>? {
    if isKnown[id] || graph[id].dependence == .parameters { return [] }
    switch graph[id].operation {
    case .state(let state): return held[state] == nil ? nil : [state]
    case .slice(let a, _): return mixtures[a]
    case .apply(.negate, let operands), .apply(.add, let operands), .apply(.subtract, let operands):
      let parts = operands.compactMap { mixtures[$0] }
      return parts.count == operands.count ? parts.reduce([]) { $0.union($1) } : nil
    case .apply(.multiply, let operands):
      let signals = operands.filter { graph[$0].dependence != .parameters }
      return signals.count == 1 ? mixtures[signals[0]] : nil
    default: return nil
    }
  }

  /// The share of this step's input, or of the step's before, in a mixture, as a signal of the input; nil for none.
  func share(
    of id: NodeID, ofPast isPast: Bool, _ copy: inout GraphCopy<Graph>
  ) -> NodeID? {
    if isKnown[id] || graph[id].dependence == .parameters { return isPast ? nil : copy.node(id) }
    switch graph[id].operation {
    case .state(let state): return isPast ? held[state].map { copy.node($0) } : nil
    case .slice(let a, let range):
      return share(of: a, ofPast: isPast, &copy).map { copy.result.add(.slice($0, range)) }
    case .apply(.multiply, let operands):
      // The one operand that is no parameter has shares.
      var factors = operands
      for place in factors.indices {
        let factor =
          graph[factors[place]].dependence == .parameters
          ? copy.node(factors[place]) : share(of: factors[place], ofPast: isPast, &copy)
        guard let factor else { return nil }
        factors[place] = factor
      }
      return copy.result.add(.apply(.multiply, factors))
    case .apply(let function, let operands):
      let shares = operands.map { share(of: $0, ofPast: isPast, &copy) }
      let found = shares.compactMap { $0 }
      if found.count == operands.count { return copy.result.add(.apply(function, found)) }
      // 0 + b is b, and 0 - b is -b.
      guard let only = found.first else { return nil }
      let isSubtracted = function == .subtract && shares[0] == nil
      let signed = isSubtracted ? copy.result.add(.apply(.negate, [only])) : only
      let columns = graph[id].columns
      return copy.result[signed].columns == columns
        ? signed : copy.result.add(.broadcast(signed, columns: columns))
    default: return copy.node(id)
    }
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
