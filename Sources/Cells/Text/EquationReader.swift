import TensorCore

/// Reads a graph back as a cell of a text, with its sizes as numbers; sizes, names and order of lines only depend on
/// the graph's structure, so that graphs of one cell for several sizes give the same lines.
struct EquationReader {
  let cell: CellGraph
  private var graph: Graph { cell.graph }
  /// The nodes that are the last ones of a word of the table.
  private var words: [NodeID: FoundWord] = [:]
  /// What an expression reads, after words took their nodes together.
  private var operands: [NodeID: [NodeID]] = [:]
  /// The names of leaves, and of nodes that have a line.
  private var names: [NodeID: String] = [:]
  /// The parameter blocks, by their nodes: the block's place among all blocks.
  private var blocks: [NodeID: Int] = [:]
  private var stateNames: [String] = []
  private var parameterNames: [String] = []
  private var taken = Reserved.names

  /// Expressions get a name when they would be nested deeper.
  private static let deepest = 24

  /// The cell of a graph; nil if the notation cannot say it.
  static func definition(of cell: CellGraph, name: String) -> CellDefinition? {
    guard cell.sequences.count == 1, cell.weightMasks.isEmpty else { return nil }
    var reader = EquationReader(cell: cell)
    return reader.definition(name)
  }

  private init(cell: CellGraph) { self.cell = cell }

  private var roots: [NodeID] { cell.updates + [cell.output] }

  private mutating func definition(_ name: String) -> CellDefinition? {
    var definition = CellDefinition(name: name)
    definition.input = "x"
    taken.insert("x")
    definition.states = nameStates()
    definition.parameters = nameParameters()
    collapse()
    let lines = orderedLines()
    for id in lines { names[id] = lineName(id) }
    for id in lines {
      guard let term = term(id, isLine: true), let name = names[id] else { return nil }
      let target: CellDefinition.Target =
        name == Reserved.output
        ? .output : name.hasSuffix("'") ? .update(String(name.dropLast())) : .value(name)
      definition.equations.append(.init(target: target, term: term))
    }
    for (state, update) in zip(definition.states, cell.updates)
    where names[update] != state.name + "'" {
      guard let term = term(update) else { return nil }
      definition.equations.append(.init(target: .update(state.name), term: term))
    }
    if cell.output != cell.updates[0], names[cell.output] != Reserved.output {
      guard let term = term(cell.output) else { return nil }
      definition.equations.append(.init(target: .output, term: term))
    }
    return definition
  }

  // MARK: Names of states and parameters

  private mutating func unique(_ name: String) -> String {
    var (result, number) = (name, 2)
    while taken.contains(result) { (result, number) = ("\(name)\(number)", number + 1) }
    taken.insert(result)
    return result
  }

  private mutating func nameStates() -> [CellDefinition.State] {
    let letters = Dictionary(
      uniqueKeysWithValues: CellDefinition.State.usualNames.map { ($0.value, $0.key) })
    var states: [CellDefinition.State] = []
    for (index, state) in cell.states.enumerated() {
      let wanted = letters[state.name] ?? state.name
      let name = unique(TextScanner.isName(wanted) ? wanted : "s")
      taken.insert(name + "'")
      stateNames.append(name)
      states.append(
        .init(
          name: name, storedName: state.name, shape: state.shape.map { .number(Double($0)) }))
      if let id = graph.nodes.firstIndex(where: { $0.operation == .state(index) }) {
        names[id] = name
      }
    }
    if let input = graph.nodes.firstIndex(where: { $0.operation == .sequence(0) }) {
      names[input] = "x"
    }
    return states
  }

  private mutating func nameParameters() -> [CellDefinition.Parameter] {
    var parameters: [CellDefinition.Parameter] = []
    var places: [Int: [(range: Range<Int>, place: Int)]] = [:]
    for (index, parameter) in cell.parameters.enumerated() {
      for block in parameter.blocks {
        let stored = parameter.name + (block.name.isEmpty ? "" : "." + block.name)
        let sizes =
          parameter.kind == .blocks
          ? [block.range.count] + parameter.shape.dropFirst() : parameter.shape
        places[index, default: []].append((block.range, parameters.count))
        parameters.append(
          .init(
            name: name(of: parameter, stored: stored), storedName: stored,
            shape: sizes.map { .number(Double($0)) }, kind: parameter.kind,
            start: block.initialization.map(StartWord.start)))
      }
    }
    for (id, node) in graph.nodes.enumerated() {
      switch node.operation {
      case .parameter(let index):
        if let known = places[index], known.count == 1 { blocks[id] = known[0].place }
      case .rows(let source, let range), .slice(let source, let range):
        guard case .parameter(let index) = graph[source].operation, let known = places[index],
          known.count > 1, let block = known.first(where: { $0.range == range })
        else { continue }
        blocks[id] = block.place
      default: continue
      }
    }
    for (id, place) in blocks { names[id] = parameters[place].name }
    parameterNames = parameters.map(\.name)
    return parameters
  }

  /// The name in the text of a parameter, or of a block of one. A stored name that says the wrong kind is replaced.
  private mutating func name(of parameter: CellGraph.Parameter, stored: String) -> String {
    let hasBlocks = parameter.kind == .blocks
    let isMatrix = hasBlocks && !parameter.isSignal
    let wanted = hasBlocks ? ParameterNames.text(stored, isMatrix: isMatrix) : stored
    let saysMatrix = ParameterNames.isMatrix(wanted)
    let saysKind =
      hasBlocks
      ? saysMatrix.map { $0 == isMatrix } ?? true && ParameterNames.stored(wanted) == stored
      : saysMatrix == nil
    return unique(saysKind && TextScanner.isName(wanted) ? wanted : "p")
  }

  // MARK: Words and lines

  /// Whether a node is written where it is read, at no cost.
  private func isLeaf(_ id: NodeID) -> Bool {
    if blocks[id] != nil { return true }
    if case .table = graph[id].operation { return false }
    return graph[id].operation.isLeaf
  }

  /// Finds the words of several nodes, and what each expression reads.
  private mutating func collapse() {
    let order = graph.postOrder(from: roots)
    var readers: [NodeID: [NodeID]] = [:]
    for id in order where blocks[id] == nil {
      for operand in graph[id].operation.operands { readers[operand, default: []].append(id) }
    }
    let ends = Set(roots)
    var inside = Set<NodeID>()
    for id in order.reversed() where !inside.contains(id) && !isLeaf(id) {
      guard let found = FoundWord(graph, id) else { continue }
      let isClosed = found.inner.allSatisfy { inner in
        !ends.contains(inner) && !inside.contains(inner) && blocks[inner] == nil
          && (readers[inner] ?? []).allSatisfy { $0 == id || found.inner.contains($0) }
      }
      guard isClosed else { continue }
      words[id] = found
      inside.formUnion(found.inner)
    }
    for id in order where !inside.contains(id) {
      operands[id] =
        isLeaf(id) ? [] : words[id]?.operands ?? graph[id].operation.operands
    }
  }

  /// The nodes that have a line, in the order of the lines.
  private func orderedLines() -> [NodeID] {
    let order = graph.postOrder(from: roots).filter { operands[$0] != nil }
    var uses: [NodeID: Int] = [:]
    for id in order { for operand in operands[id] ?? [] { uses[operand, default: 0] += 1 } }
    let ends = Set(roots)
    var lines: [NodeID] = []
    var isLine = Set<NodeID>()
    var depths: [NodeID: Int] = [:]
    for id in order where !isLeaf(id) {
      let depth =
        1 + ((operands[id] ?? []).map { isLine.contains($0) ? 0 : depths[$0] ?? 0 }.max() ?? 0)
      depths[id] = depth
      var isTable = false
      if case .table = graph[id].operation { isTable = true }
      if ends.contains(id) || (uses[id] ?? 0) > 1 || isTable || depth >= Self.deepest
        || isGate(id, isLine)
      {
        isLine.insert(id)
        lines.append(id)
      }
    }
    return sorted(lines, isLine)
  }

  /// Whether a value is a gate: a function of products, which deserves a line.
  private func isGate(_ id: NodeID, _ isLine: Set<NodeID>) -> Bool {
    guard graph[id].dependence > .parameters,
      case .apply(let function, let x) = graph[id].operation,
      [.sigmoid, .tanh, .relu, .softplus].contains(function), words[id] == nil
    else { return false }
    return gateName(x[0], isLine) != nil
  }

  /// The block of the first weights in an expression, of those of input and state.
  private func gateName(_ id: NodeID, _ isLine: Set<NodeID>) -> String? {
    var pending = [id]
    while let next = pending.popLast() {
      if let place = blocks[next] {
        let name = parameterNames[place]
        let parts = name.split(separator: ".", maxSplits: 1)
        let isUsual = ["ih", "hh"].contains { parts[0].hasSuffix("_" + $0) }
        if isUsual { return parts.count == 2 ? String(parts[1]) : "" }
        continue
      }
      if next != id, isLine.contains(next) { continue }
      pending += (operands[next] ?? []).reversed()
    }
    return nil
  }

  /// Lines in an order in which each follows those that it reads, and parameters are mentioned in their own order as
  /// far as possible.
  private func sorted(_ lines: [NodeID], _ isLine: Set<NodeID>) -> [NodeID] {
    var needs: [NodeID: Set<NodeID>] = [:]
    var mentions: [NodeID: [Int]] = [:]
    for id in lines {
      var pending = operands[id] ?? []
      var seen = Set<NodeID>()
      while let next = pending.popLast() {
        guard seen.insert(next).inserted else { continue }
        if let place = blocks[next] {
          mentions[id, default: []].append(place)
        } else if isLine.contains(next) {
          needs[id, default: []].insert(next)
        } else {
          pending += operands[next] ?? []
        }
      }
    }
    return LineOrder.sorted(lines, needs: needs, mentions: mentions)
  }

  private mutating func lineName(_ id: NodeID) -> String {
    if let state = cell.updates.firstIndex(of: id) {
      return stateNames[state] + "'"
    }
    if id == cell.output { return Reserved.output }
    if case .table = graph[id].operation { return unique("K") }
    let gate = gateName(id, Set(names.keys))?.filter { $0 != "." && $0 != "_" } ?? ""
    guard let first = gate.first else { return unique("a") }
    return unique(first.isNumber ? "a" + gate : gate)
  }

  // MARK: Terms

  /// The groups of units that have matrices of their own in a weight.
  private func groups(of weight: NodeID) -> Int {
    guard case .parameter(let index) = graph[weight].operation,
      cell.parameters[index].kind == .weight
    else { return 1 }
    return cell.parameters[index].shape.dropLast(2).reduce(1, *)
  }

  /// - Parameter groups: In how many groups a product reads the weight; as one matrix where it is 1.
  private func term(_ id: NodeID, isLine: Bool = false, groups: Int = 1) -> Term? {
    if !isLine || blocks[id] != nil, let name = names[id] {
      let isStacked = groups == 1 && self.groups(of: id) > 1
      return isStacked ? Term(.word(Word.stacked), [.name(name)]) : .name(name)
    }
    if let found = words[id] ?? (isLeaf(id) ? FoundWord(graph, id) : nil) {
      var parts: [Term] = []
      for argument in found.arguments {
        switch argument {
        case .number(let value): parts.append(.number(value))
        case .node(let node):
          guard let part = term(node) else { return nil }
          parts.append(part)
        }
      }
      return Term(.word(found.word), parts)
    }
    switch graph[id].operation {
    case .sequence(0), .state: return names[id].map { .name($0) }
    case .constant(let value, 1, 1): return .number(value)
    case .table(let table): return Term(.table(table))
    case .apply(let function, let x):
      guard function.word.notation.spelling != nil else { return nil }
      let parts = x.compactMap { term($0) }
      return parts.count == x.count ? Term(.function(function), parts) : nil
    case .affine(let terms, let biases):
      let groups = terms[0].groups
      guard terms.count == 1, biases.isEmpty,
        groups == 1 || groups == self.groups(of: terms[0].weight),
        let weight = term(terms[0].weight, groups: groups), let signal = term(terms[0].signal)
      else { return nil }
      guard terms[0].isTransposed else { return Term(.product, [weight, signal]) }
      guard groups > 1, let transpose = Word.named("transpose").first else { return nil }
      return Term(.product, [Term(.word(transpose), [weight]), signal])
    default: return nil
    }
  }
}

extension CellGraph.Parameter {
  /// How a text states the parameter.
  fileprivate var kind: CellDefinition.Kind {
    let isPlain =
      !name.contains(".") && shape.count == (isSignal ? 1 : 2)
      && (isSignal || name.hasPrefix("weight_"))
    return isPlain ? .blocks : isSignal ? .signal : .weight
  }
}
