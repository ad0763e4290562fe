import Requirements
import TensorCore

/// What a value depends on, from the least to the most, which decides when it can be computed.
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

/// An expression graph as written, in topological order: every node follows the nodes that it reads.
///
/// Adding an operation adds a node; nothing is rewritten, so that the oracle, the formulas and a cell's text
/// read what the equations say. Only a leaf (the input, a state, a parameter, a constant) is one node however
/// often it is mentioned. ``SimplifiedGraph`` is what the compiler makes of it.
package struct Graph: GraphBuilder, Equatable, Sendable {
  package struct Node: Sendable, Hashable {
    package var operation: Operation
    package var rows: Int
    package var columns: Int
    package var dependence: Dependence
  }

  package private(set) var nodes: [Node] = []
  private var leaves: [Operation: NodeID] = [:]

  package init() {}

  /// Two graphs are equal if they have the same nodes in the same order.
  package static func == (a: Graph, b: Graph) -> Bool { a.nodes == b.nodes }

  package mutating func add(_ operation: Operation, rows: Int, columns: Int) -> NodeID {
    if operation.isLeaf, let known = leaves[operation] { return known }
    nodes.append(makeNode(operation, rows, columns))
    if operation.isLeaf { leaves[operation] = nodes.count - 1 }
    return nodes.count - 1
  }

  /// Gives a leaf another size, which must suit what reads it.
  mutating func resize(_ leaf: NodeID, rows: Int, columns: Int) {
    (nodes[leaf].rows, nodes[leaf].columns) = (rows, columns)
  }

  /// For each node the first equivalent one: it has the same operation, and its operands are equivalent.
  var firstAlike: [NodeID] {
    var known: [Operation: NodeID] = [:]
    var first: [NodeID] = []
    for (id, node) in nodes.enumerated() {
      let operation = node.operation.mapOperands { first[$0] }
      first.append(known[operation] ?? id)
      known[operation] = first[id]
    }
    return first
  }

  private func makeNode(_ operation: Operation, _ rows: Int, _ columns: Int) -> Node {
    var dependence: Dependence =
      switch operation {
      case .sequence: .input
      case .state: .state
      case .outer, .total: .gathered
      default: .parameters
      }
    for operand in operation.operands { dependence = max(dependence, nodes[operand].dependence) }
    let shape = shape(of: operation) ?? (rows, columns)
    return Node(
      operation: operation, rows: shape.rows, columns: shape.columns, dependence: dependence)
  }

  /// The shape of an operation's value; nil where it is given.
  private func shape(of operation: Operation) -> (rows: Int, columns: Int)? {
    switch operation {
    case .sequence, .state, .parameter: return nil
    case .constant(_, let rows, let columns): return (rows, columns)
    case .identity(let size): return (size, size)
    case .table(let table): return (table.rows, table.columns)
    case .apply(_, let operands): return commonShape(of: operands)
    case .broadcast(let a, let columns): return (nodes[a].rows, columns)
    case .affine(let terms, let biases):
      let widths = terms.map { outputWidth(of: $0) } + biases.map { nodes[$0].columns }
      require(
        widths.allSatisfy { $0 == widths[0] }, "a sum of products with \(widths) units")
      return (1, widths[0])
    case .slice(let a, let range):
      require(
        range.upperBound <= nodes[a].columns,
        "expected units in 0..<\(nodes[a].columns), found \(range)")
      return (nodes[a].rows, range.count)
    case .oneHot(let a, let count):
      require(nodes[a].columns == 1, "a number in each of \(nodes[a].columns) units")
      return (1, count)
    case .concatenate(let parts): return (1, parts.reduce(0) { $0 + nodes[$1].columns })
    case .sum(let a), .maximum(let a): return (nodes[a].rows, 1)
    case .cumulativeSum(let a, _): return (nodes[a].rows, nodes[a].columns)
    case .spread(let a, let axis):
      require(
        nodes[a].rows == 1 && axis.count > 0 && nodes[a].columns % axis.inner == 0,
        "\(nodes[a].columns) units spread over \(axis)")
      return (1, nodes[a].columns * axis.count)
    case .sumAlong(let a, let axis), .maximumAlong(let a, let axis):
      require(
        nodes[a].rows == 1 && axis.count > 0 && nodes[a].columns % (axis.count * axis.inner) == 0,
        "\(nodes[a].columns) units reduced along \(axis)")
      return (1, nodes[a].columns / axis.count)
    case .rows(let a, let range): return (range.count, nodes[a].columns)
    case .stack(let parts):
      return (parts.reduce(0) { $0 + nodes[$1].rows }, nodes[parts[0]].columns)
    case .transpose(let a): return (nodes[a].columns, nodes[a].rows)
    case .outer(let a, let b, let groups): return (nodes[a].columns, nodes[b].columns / groups)
    case .total(let a): return (1, nodes[a].columns)
    }
  }

  /// The shape of an elementwise function of several operands.
  private func commonShape(of operands: [NodeID]) -> (rows: Int, columns: Int) {
    var (rows, columns) = (1, 1)
    for operand in operands {
      rows = max(rows, nodes[operand].rows)
      columns = max(columns, nodes[operand].columns)
    }
    for operand in operands {
      require(
        nodes[operand].columns == columns || nodes[operand].columns == 1,
        "an elementwise function of \(nodes[operand].columns) and \(columns) units")
      require(
        nodes[operand].rows == rows || nodes[operand].rows == 1,
        "an elementwise function of \(nodes[operand].rows) and \(rows) rows")
    }
    return (rows, columns)
  }

  private func outputWidth(of term: ProductTerm) -> Int {
    let (signal, weight) = (nodes[term.signal], nodes[term.weight])
    let groups = term.groups
    require(
      weight.rows % groups == 0,
      "\(groups) groups of products with a matrix of \(weight.rows) rows")
    let (input, output) =
      term.isTransposed
      ? (weight.rows, weight.columns * groups) : (weight.columns * groups, weight.rows)
    require(
      signal.columns == input,
      "a product of \(signal.columns) units with a matrix for \(input) units")
    require(
      weight.dependence == .parameters || weight.dependence == .gathered,
      "expected a weight made of parameters, found one that depends on \(weight.dependence)")
    return output
  }
}
