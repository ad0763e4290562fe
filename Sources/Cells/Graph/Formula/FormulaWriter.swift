import TensorCore

/// Writes a cell's graph as equations: decides which values get a name and a line of their own.
struct FormulaWriter {
  let cell: CellGraph
  let style: CellGraph.FormulaStyle
  /// The letter of each state.
  private(set) var stateNames: [String] = []
  /// The names of the nodes that have a line.
  var names: [NodeID: String] = [:]
  private var taken: Set<String> = ["x", "y", "I"]

  var graph: Graph { cell.graph }

  init(_ cell: CellGraph, _ style: CellGraph.FormulaStyle) {
    self.cell = cell
    self.style = style
    // These two would be c like the cell state.
    let letters = ["control": "v", "context": "s"]
    stateNames = cell.states.map {
      style.symbol(unique(letters[$0.name] ?? String($0.name.prefix(1)), or: $0.name))
    }
  }

  mutating func formula() -> String {
    let needed = graph.reachable(from: cell.updates + [cell.output])
    let uses = readerCounts(needed)
    var (lines, ids) = ([(name: String, value: String)](), [NodeID]())
    var written = Set<Int>()
    for id in needed where !isLeaf(id) {
      let value = expression(id, isTop: true).text
      if let state = cell.updates.firstIndex(of: id) {
        lines.append((stateNames[state] + "'", value))
        names[id] = stateNames[state] + "'"
        written.insert(state)
      } else if id == cell.output {
        lines.append(("y", value))
        names[id] = "y"
      } else if deservesName(id, uses: uses[id] ?? 0, value) {
        let name = style.symbol(unique(suggestedName(id) ?? "a", or: nil))
        lines.append((name, value))
        names[id] = name
      }
      if names[id] != nil { ids.append(id) }
    }
    let values = Dictionary(uniqueKeysWithValues: zip(ids, lines))
    lines = sorted(ids).compactMap { values[$0] }
    // A state may become another one's value, or the input.
    for (state, update) in cell.updates.enumerated() where !written.contains(state) {
      lines.append((stateNames[state] + "'", expression(update).text))
    }
    if cell.output != cell.updates[0], names[cell.output] != "y" {
      lines.append(("y", expression(cell.output).text))
    }
    return style.lines(lines)
  }

  /// Lines in an order that mentions parameters in their own order, as the equations do.
  private func sorted(_ lines: [NodeID]) -> [NodeID] {
    var (needs, mentions) = ([NodeID: Set<NodeID>](), [NodeID: [Int]]())
    for id in lines {
      var pending = graph[id].operation.operands
      var seen = Set<NodeID>()
      while let next = pending.popLast() {
        guard seen.insert(next).inserted else { continue }
        if let place = place(next) {
          mentions[id, default: []].append(place)
        } else if names[next] != nil {
          needs[id, default: []].insert(next)
        } else {
          pending += graph[next].operation.operands
        }
      }
    }
    return LineOrder.sorted(lines, needs: needs, mentions: mentions)
  }

  /// The place of a parameter's block among all parameters' rows and units; nil if a node is none.
  private func place(_ id: NodeID) -> Int? {
    let (source, start): (NodeID, Int)
    switch graph[id].operation {
    case .parameter: (source, start) = (id, 0)
    case .rows(let a, let range), .slice(let a, let range): (source, start) = (a, range.lowerBound)
    default: return nil
    }
    guard case .parameter(let index) = graph[source].operation else { return nil }
    return start + cell.parameters[..<index].reduce(0) { $0 + ($1.shape.first ?? 0) }
  }

  private func isLeaf(_ id: NodeID) -> Bool { graph[id].operation.operands.isEmpty }

  private func readerCounts(_ needed: [NodeID]) -> [NodeID: Int] {
    var counts: [NodeID: Int] = [:]
    for id in needed {
      for operand in graph[id].operation.operands { counts[operand, default: 0] += 1 }
    }
    return counts
  }

  /// Whether a value gets a name: a gate, or anything longer than a few characters that is read more than once.
  private func deservesName(_ id: NodeID, uses: Int, _ value: String) -> Bool {
    let node = graph[id]
    guard node.dependence > .parameters else { return false }
    if case .apply(let function, let operands) = node.operation {
      switch function {
      case .sigmoid, .tanh, .relu, .minimum, .softplus:
        if firstBlock(in: operands[0]) != nil, value.count > 7 { return true }
      default: break
      }
    }
    return uses > 1 && value.count > 7
  }

  /// The name of the block of weights that a value's first product has; of other parameters than those of
  /// input and state it would say too little.
  private func suggestedName(_ id: NodeID) -> String? {
    guard let block = firstBlock(in: id), let first = block.first else { return nil }
    return first.isNumber ? "a" + block : block
  }

  private func firstBlock(in id: NodeID) -> String? {
    switch graph[id].operation {
    case .affine(let terms, _): return terms.first.map { blockName($0.weight) ?? "" }
    case .apply(_, let operands):
      return operands.lazy.compactMap { names[$0] == nil ? firstBlock(in: $0) : nil }.first
    default: return blockName(id)
    }
  }

  private func blockName(_ id: NodeID) -> String? {
    guard let (parameter, block) = parameterBlock(id) else { return nil }
    return parameter.name.hasSuffix("_ih") || parameter.name.hasSuffix("_hh") ? block : nil
  }

  /// The parameter and block that a node stands for.
  func parameterBlock(_ id: NodeID) -> (parameter: CellGraph.Parameter, block: String)? {
    func block(_ source: NodeID, _ range: Range<Int>) -> (CellGraph.Parameter, String)? {
      guard case .parameter(let index) = graph[source].operation else { return nil }
      let parameter = cell.parameters[index]
      return parameter.blocks.first { $0.range == range }.map { (parameter, $0.name) }
    }
    switch graph[id].operation {
    case .parameter(let index):
      return block(id, 0..<(cell.parameters[index].shape.first ?? 0))
    case .rows(let source, let range), .slice(let source, let range): return block(source, range)
    default: return nil
    }
  }

  /// The name if it is free, else the other one, or the name with a number.
  private mutating func unique(_ name: String, or other: String?) -> String {
    var result = taken.contains(name) ? other ?? name : name
    var number = 2
    while taken.contains(result) {
      result = "\(name)\(number)"
      number += 1
    }
    taken.insert(result)
    return result
  }
}
