import Requirements
import TensorCore

/// What a value depends on, from the least to the most: it says when it can be computed.
package enum Dependence: Int, Comparable, Sendable {
  /// Parameters and constants: once a pass.
  case parameters
  /// Signals from outside: for all steps at once, before the first.
  case input
  /// The state: step after step.
  case state
  /// All steps: after the last.
  case gathered

  package static func < (a: Dependence, b: Dependence) -> Bool { a.rawValue < b.rawValue }
}

/// An expression graph: every node stands after the nodes that it reads, and no two are alike.
///
/// Adding an operation that is there already gives the node that is there, so that common
/// subexpressions are shared from the start; constants are folded in the same place.
package struct Graph: Sendable {
  package struct Node: Sendable {
    package var operation: Operation
    package var rows: Int
    package var columns: Int
    package var dependence: Dependence
  }

  package private(set) var nodes: [Node] = []
  private var index: [Operation: NodeID] = [:]

  package init() {}

  package subscript(id: NodeID) -> Node { nodes[id] }

  /// The node for an operation; leaves state their own size, the others' follows from what they read.
  package mutating func add(_ operation: Operation, rows: Int = 1, columns: Int = 1) -> NodeID {
    if let simpler = simplified(operation) { return simpler }
    if let known = index[operation] { return known }
    let node = makeNode(operation, rows, columns)
    nodes.append(node)
    index[operation] = nodes.count - 1
    return nodes.count - 1
  }

  /// How often each node is read by another one.
  package func useCounts(roots: [NodeID]) -> [Int] {
    var counts = [Int](repeating: 0, count: nodes.count)
    for node in nodes { for operand in node.operation.operands { counts[operand] += 1 } }
    for root in roots { counts[root] += 1 }
    return counts
  }

  /// The nodes that some root depends on, roots included.
  package func reachable(from roots: [NodeID]) -> Set<NodeID> {
    var reached = Set<NodeID>()
    var pending = roots
    while let id = pending.popLast() {
      if reached.insert(id).inserted { pending += nodes[id].operation.operands }
    }
    return reached
  }

  private func makeNode(_ operation: Operation, _ rows: Int, _ columns: Int) -> Node {
    let dependence = operation.operands.map { nodes[$0].dependence }.max() ?? .parameters
    func node(rows: Int = 1, _ columns: Int, _ least: Dependence = .parameters) -> Node {
      Node(
        operation: operation, rows: rows, columns: columns, dependence: max(dependence, least))
    }
    switch operation {
    case .sequence: return node(columns, .input)
    case .state: return node(columns, .state)
    case .parameter: return node(rows: rows, columns)
    case .constant(_, let rows, let columns): return node(rows: rows, columns)
    case .identity(let size): return node(rows: size, size)
    case .table(let table): return node(rows: table.rows, table.columns)
    case .apply(_, let operands):
      let columns = operands.map { nodes[$0].columns }.max() ?? 1
      let rows = operands.map { nodes[$0].rows }.max() ?? 1
      for operand in operands {
        require(
          nodes[operand].columns == columns || nodes[operand].columns == 1,
          "an elementwise function of \(nodes[operand].columns) and \(columns) units")
        require(
          nodes[operand].rows == rows || nodes[operand].rows == 1,
          "an elementwise function of \(nodes[operand].rows) and \(rows) rows")
      }
      return node(rows: rows, columns)
    case .broadcast(let a, let columns): return node(rows: nodes[a].rows, columns)
    case .affine(let terms, let biases):
      let widths = terms.map { outputWidth(of: $0) } + biases.map { nodes[$0].columns }
      require(
        widths.allSatisfy { $0 == widths[0] }, "a sum of products with \(widths) units")
      return node(widths[0])
    case .slice(let a, let range):
      require(
        range.upperBound <= nodes[a].columns,
        "expected units in 0..<\(nodes[a].columns), found \(range)")
      return node(rows: nodes[a].rows, range.count)
    case .concatenate(let parts): return node(parts.reduce(0) { $0 + nodes[$1].columns })
    case .sum(let a), .maximum(let a): return node(rows: nodes[a].rows, 1)
    case .cumulativeSum(let a, _): return node(rows: nodes[a].rows, nodes[a].columns)
    case .rows(let a, let range): return node(rows: range.count, nodes[a].columns)
    case .stack(let parts):
      return node(rows: parts.reduce(0) { $0 + nodes[$1].rows }, nodes[parts[0]].columns)
    case .transpose(let a): return node(rows: nodes[a].columns, nodes[a].rows)
    case .outer(let a, let b): return node(rows: nodes[a].columns, nodes[b].columns, .gathered)
    case .total(let a): return node(nodes[a].columns, .gathered)
    }
  }

  private func outputWidth(of term: ProductTerm) -> Int {
    let (signal, weight) = (nodes[term.signal], nodes[term.weight])
    let (input, output) =
      term.isTransposed ? (weight.rows, weight.columns) : (weight.columns, weight.rows)
    require(
      signal.columns == input,
      "a product of \(signal.columns) units with a matrix for \(input) units")
    require(
      weight.dependence == .parameters || weight.dependence == .gathered,
      "expected a weight made of parameters, found one that depends on \(weight.dependence)")
    return output
  }
}
