import Requirements

/// The record of a cell's equations while they are being stated.
final class Trace {
  var graph = Graph()
  let input: NodeID
  var output: NodeID?
  private var states: [(name: String, node: NodeID)] = []
  private var updates: [NodeID: NodeID] = [:]
  private var parameters: [Parameter] = []

  /// A parameter whose blocks are still coming in.
  private struct Parameter {
    var name: String
    var node: NodeID
    var extent = 0
    var isVector: Bool
    var across: Int
    var blocks: [(description: CellGraph.Parameter.Block, node: NodeID)] = []
  }

  /// While blocks are coming in nobody knows how many rows a parameter will have.
  private static let unknownExtent = 1 << 40

  init(inputSize: Int) {
    input = graph.add(.sequence(0), columns: inputSize)
  }

  func signal(_ operation: Operation) -> Signal { Signal(id: graph.add(operation), trace: self) }

  func state(_ name: String, width: Int) -> NodeID {
    if let known = states.first(where: { $0.name == name }) {
      require(
        graph[known.node].columns == width,
        "state \(name) has \(graph[known.node].columns) units, not \(width)")
      return known.node
    }
    let node = graph.add(.state(states.count), columns: width)
    states.append((name, node))
    return node
  }

  func update(_ state: NodeID, to value: NodeID) {
    guard let known = states.first(where: { $0.node == state }) else {
      failure("only a state can be updated")
    }
    require(updates[state] == nil, "state \(known.name) is updated twice")
    let (width, new) = (graph[state].columns, graph[value].columns)
    require(
      new == width || new == 1, "state \(known.name) of \(width) units is updated to \(new)")
    updates[state] = graph.add(.broadcast(value, columns: width))
  }

  func parameterBlock(
    _ name: String, rows: Int, columns: Int, isVector: Bool, _ initialization: Initialization?
  ) -> NodeID {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    let block = parts.count == 2 ? parts[1] : ""
    let (along, across) = isVector ? (columns, 1) : (rows, columns)
    let position: Int
    if let known = parameters.firstIndex(where: { $0.name == parts[0] }) {
      position = known
    } else {
      position = parameters.count
      let node = graph.add(
        .parameter(position), rows: isVector ? 1 : Self.unknownExtent,
        columns: isVector ? Self.unknownExtent : columns)
      parameters.append(
        Parameter(name: parts[0], node: node, isVector: isVector, across: across))
    }
    if let known = parameters[position].blocks.first(where: { $0.description.name == block })?.node
    {
      require(
        graph[known].rows == rows && graph[known].columns == columns,
        "\(name) has the shape \([graph[known].rows, graph[known].columns]), not \([rows, columns])"
      )
      return known
    }
    require(
      parameters[position].across == across,
      "\(name) has \(across) columns, other blocks of it \(parameters[position].across)")
    let start = parameters[position].extent
    let node = graph.add(
      isVector
        ? .slice(parameters[position].node, start..<start + along)
        : .rows(parameters[position].node, start..<start + along))
    parameters[position].extent += along
    parameters[position].blocks.append(
      (.init(name: block, range: start..<start + along, initialization: initialization), node))
    return node
  }

  /// The finished graph, with all sizes known and nothing in it that nobody reads.
  func finish(inputSize: Int, hiddenSize: Int) -> CellGraph {
    require(!states.isEmpty, "a recurrent cell needs a state")
    let newStates = states.map { state in
      guard let value = self.updates[state.node] else {
        failure("state \(state.name) has no update")
      }
      return value
    }
    var copy = GraphCopy(of: graph)
    for parameter in parameters {
      let (rows, columns) =
        parameter.isVector
        ? (1, parameter.extent) : (parameter.extent, graph[parameter.node].columns)
      copy.result.reserveLeaf(graph[parameter.node].operation, rows: rows, columns: columns)
    }
    copy.result.reserveLeaf(.sequence(0), rows: 1, columns: inputSize)
    let updates = newStates.map { copy.node($0) }
    let result = copy.node(output ?? newStates[0])
    return CellGraph(
      graph: copy.result, inputSize: inputSize, hiddenSize: hiddenSize,
      states: states.map { .init(name: $0.name, width: graph[$0.node].columns) },
      parameters: parameters.map {
        .init(
          name: $0.name,
          shape: $0.isVector ? [$0.extent] : [$0.extent, graph[$0.node].columns],
          blocks: $0.blocks.map(\.description))
      },
      sequences: [.init(name: "input", width: inputSize)], updates: updates, output: result)
  }
}
