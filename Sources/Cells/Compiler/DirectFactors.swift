import TensorCore

/// The factors of each parameter's gradient over one step of one sample:
///
///     gradient(i, j) = left(i) * right(j)
///
/// The left factor depends on the cotangents and the right one does not, so that rows of cotangents share it. Parameters
/// share factors too: the weights and the bias of a gate have one left factor.
struct DirectFactors: Sendable {
  /// One parameter's.
  struct Parameter: Sendable {
    /// The left factor, and its units i.
    var left: Int
    var rows: Int
    /// The right factor; nil where it is 1, and the left factor is the gradient.
    var right: Int?
    /// The units j.
    var columns: Int
  }

  var parameters: [Parameter] = []
  /// The units of each left and each right factor.
  var leftWidths: [Int] = []
  var rightWidths: [Int] = []

  /// The factors of a cell's gradients. A gradient that is neither an outer product nor one signal is its own left factor.
  init(_ cell: CellGraph) {
    let derivative = cell.derivative(of: cell.recurrence.optimized())
    let graph = derivative.recurrence.graph
    let isLeft = derivative.dependsOnCotangents
    var (lefts, rights): ([NodeID: Int], [NodeID: Int]) = ([:], [:])
    func number(_ node: NodeID, _ known: inout [NodeID: Int], _ widths: inout [Int]) -> Int {
      if let number = known[node] { return number }
      known[node] = widths.count
      widths.append(graph[node].rows * graph[node].columns)
      return widths.count - 1
    }
    for value in derivative.recurrence.gathered {
      var (left, right): (NodeID, NodeID?) = (value, nil)
      switch graph[value].operation {
      case .outer(let a, let b, groups: 1) where isLeft[a] && !isLeft[b]: (left, right) = (a, b)
      case .total(let a): left = a
      default: break
      }
      let leftNumber = number(left, &lefts, &leftWidths)
      parameters.append(
        Parameter(
          left: leftNumber, rows: leftWidths[leftNumber],
          right: right.map { number($0, &rights, &rightWidths) },
          columns: right.map { graph[$0].columns } ?? 1))
    }
  }

  /// The factors that outer products have; no others.
  var ofProducts: DirectFactors {
    var result = self
    let used = Set(parameters.filter { $0.right != nil }.map(\.left))
    for left in leftWidths.indices where !used.contains(left) { result.leftWidths[left] = 0 }
    return result
  }
}

extension Derivative {
  /// For each node, whether its value depends on cotangents.
  fileprivate var dependsOnCotangents: [Bool] {
    var depends: [Bool] = []
    for node in recurrence.graph.nodes {
      let isCotangent =
        switch node.operation {
        case .state: true
        case .sequence(let index): sources[index] == .outputCotangent
        default: false
        }
      depends.append(isCotangent || node.operation.operands.contains { depends[$0] })
    }
    return depends
  }
}
