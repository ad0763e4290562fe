import TensorCore

/// The derivative of a recurrence, as a recurrence that runs backwards in time.
///
/// Its states are the cotangents of the forward states, its outputs the cotangents of the input, its
/// gathered values the gradients of the parameters.
package struct Derivative: Sendable {
  /// Where a signal that the backward step reads comes from.
  package enum Source: Hashable, Sendable {
    /// A forward signal, input or state (as it was before the step), by its node.
    case forward(NodeID)
    /// The cotangent of the forward output.
    case outputCotangent
  }

  package var recurrence: Recurrence
  /// The source of each sequence of the backward graph.
  package var sources: [Source]
}

extension CellGraph {
  /// Differentiates a forward recurrence with respect to its states, its first sequence and its parameters.
  ///
  /// `forward` has the cell's one output; its graph's leaves are the cell's. With a map of units, the
  /// derivatives of units by other units are omitted.
  func derivative(of forward: Recurrence, keepingTo units: UnitMap? = nil) -> Derivative {
    var builder = BackwardBuilder(
      forward, states: states.count, sequences: sequences.count, keepingTo: units)
    for (index, update) in forward.updates.enumerated() {
      let cotangent = builder.graph.add(
        .state(states.count + index), columns: states[index].width)
      builder.contribute(cotangent, to: update)
    }
    let outputCotangent = builder.graph.add(
      .sequence(sequences.count), columns: outputSize)
    builder.contribute(outputCotangent, to: forward.outputs[0])
    builder.run()

    func leaf(_ operation: Operation) -> NodeID? {
      forward.graph.nodes.firstIndex { $0.operation == operation }
    }
    func cotangent(_ operation: Operation, rows: Int, columns: Int) -> NodeID {
      leaf(operation).flatMap { builder.cotangents[$0] }
        ?? builder.graph.add(.constant(0, rows: rows, columns: columns))
    }
    let recurrence = Recurrence(
      graph: builder.graph,
      outputs: [cotangent(.sequence(0), rows: 1, columns: inputSize)],
      updates: states.indices.map {
        cotangent(.state($0), rows: 1, columns: states[$0].width)
      },
      gathered: parameters.indices.map { index in
        let parameter = parameters[index]
        return cotangent(
          .parameter(index), rows: parameter.rows, columns: parameter.columns)
      })
    return builder.separated(recurrence, stateCount: states.count)
  }
}

/// Builds the backward expressions on top of a copy of the forward graph.
struct BackwardBuilder {
  var graph: SimplifiedGraph
  /// The finished cotangent of each forward node that has one.
  private(set) var cotangents: [NodeID: NodeID] = [:]

  /// Where given, no cotangent passes from one unit of the states to another within the step.
  let units: UnitMap?

  let forward: Recurrence
  let outputCotangentIndex: Int
  let firstCotangentState: Int
  private var contributions: [NodeID: [Contribution]] = [:]

  private enum Contribution {
    case whole(NodeID)
    case columns(Range<Int>, NodeID)
    case rows(Range<Int>, NodeID)
  }

  init(_ forward: Recurrence, states: Int, sequences: Int, keepingTo units: UnitMap?) {
    self.forward = forward
    self.units = units
    graph = forward.graph
    firstCotangentState = states
    outputCotangentIndex = sequences
  }

  mutating func contribute(_ cotangent: NodeID, to id: NodeID) {
    contributions[id, default: []].append(.whole(cotangent))
  }

  /// Visits the forward nodes from the last to the first.
  mutating func run() {
    for id in forward.graph.reachable(from: forward.updates + forward.outputs).reversed() {
      sumProducts(of: id)
      guard let cotangent = combined(id) else { continue }
      cotangents[id] = cotangent
      propagate(cotangent, through: id)
    }
  }

  /// Passes a cotangent on to one operand of a forward node.
  mutating func pass(_ value: NodeID, to operand: NodeID, from id: NodeID) {
    if let part = adjusted(value, to: operand, from: id) {
      contributions[operand, default: []].append(.whole(part))
    }
  }

  mutating func pass(_ value: NodeID, toColumns range: Range<Int>, of operand: NodeID) {
    contributions[operand, default: []].append(.columns(range, value))
  }

  mutating func pass(_ value: NodeID, toRows range: Range<Int>, of operand: NodeID) {
    contributions[operand, default: []].append(.rows(range, value))
  }

  /// A cotangent in the shape of the operand: summed over broadcast columns, samples and steps.
  private mutating func adjusted(_ value: NodeID, to operand: NodeID, from id: NodeID) -> NodeID? {
    if forward.graph.constant(operand) != nil { return nil }
    if graph.constant(value) == 0 { return nil }
    var value = value
    if graph[value].columns == 1, graph[id].columns > 1, graph[operand].columns > 1 {
      value = graph.add(.broadcast(value, columns: graph[id].columns))
    }
    if graph[operand].columns == 1, graph[value].columns > 1 { value = graph.add(.sum(value)) }
    if graph[operand].dependence == .parameters, graph[id].dependence != .parameters {
      value = graph.add(.total(value))
    }
    return value
  }

  // MARK: Sums of contributions

  /// The cotangent of a signal that is repeated to the width of matrices is a sum along the axis. Products are summed one
  /// by one: a sum of a product is one step that writes no matrix, which a sum of their sum would be.
  private mutating func sumProducts(of id: NodeID) {
    guard case .spread(let source, let axis) = graph[id].operation,
      graph[id].columns >= LoopParts.wide, let parts = contributions[id]
    else { return }
    contributions[id] = parts.filter { part in
      guard case .whole(let value) = part, case .apply(.multiply, _) = graph[value].operation
      else { return true }
      pass(graph.add(.sumAlong(value, axis)), to: source, from: id)
      return false
    }
    if contributions[id]?.isEmpty == true { contributions[id] = nil }
  }

  private mutating func combined(_ id: NodeID) -> NodeID? {
    guard let parts = contributions[id] else { return nil }
    var sum: NodeID?
    func plus(_ value: NodeID, _ graph: inout SimplifiedGraph) {
      sum = sum.map { graph.add(.apply(.add, [$0, value])) } ?? value
    }
    var columns: [Range<Int>: NodeID] = [:]
    var rows: [Range<Int>: NodeID] = [:]
    for part in parts {
      switch part {
      case .whole(let value): plus(value, &graph)
      case .columns(let range, let value):
        columns[range] = columns[range].map { graph.add(.apply(.add, [$0, value])) } ?? value
      case .rows(let range, let value):
        rows[range] = rows[range].map { graph.add(.apply(.add, [$0, value])) } ?? value
      }
    }
    let (height, width) = (graph[id].rows, graph[id].columns)
    for pieces in disjoint(columns) {
      let parts = tiled(pieces, width) { graph.add(.constant(0, rows: height, columns: $0)) }
      plus(graph.add(.concatenate(parts)), &graph)
    }
    for pieces in disjoint(rows) {
      let parts = tiled(pieces, height) { graph.add(.constant(0, rows: $0, columns: width)) }
      plus(graph.add(.stack(parts)), &graph)
    }
    return sum
  }

  /// Splits pieces into lists that don't overlap, each in rising order.
  private func disjoint(_ pieces: [Range<Int>: NodeID]) -> [[(Range<Int>, NodeID)]] {
    var lists: [[(Range<Int>, NodeID)]] = []
    let sorted = pieces.sorted {
      ($0.key.lowerBound, $0.key.upperBound) < ($1.key.lowerBound, $1.key.upperBound)
    }
    for (range, value) in sorted {
      let fitting = lists.firstIndex { ($0.last?.0.upperBound ?? 0) <= range.lowerBound }
      if let fitting {
        lists[fitting].append((range, value))
      } else {
        lists.append([(range, value)])
      }
    }
    return lists
  }

  /// The pieces with zeros in the gaps between them.
  private func tiled(
    _ pieces: [(Range<Int>, NodeID)], _ extent: Int, zeros: (Int) -> NodeID
  ) -> [NodeID] {
    var parts: [NodeID] = []
    var end = 0
    for (range, value) in pieces {
      if range.lowerBound > end { parts.append(zeros(range.lowerBound - end)) }
      parts.append(value)
      end = range.upperBound
    }
    if end < extent { parts.append(zeros(extent - end)) }
    return parts
  }
}
