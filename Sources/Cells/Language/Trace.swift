import Requirements

/// Records equations while they are stated: a cell's own, or those of a wrapper.
final class Trace: GraphBuilder {
  private(set) var graph = Graph()
  var output: NodeID?
  private var states: [CellGraph.State]
  /// The new value of each state, by the state's index.
  private var updates: [Int: NodeID] = [:]
  private var parameters: [Parameter]

  /// A parameter to which blocks can be added.
  private struct Parameter {
    var name: String
    var isVector: Bool
    /// The columns of a matrix.
    var across: Int
    /// The shape that a parameter of one block was published with.
    var published: [Int]?
    var blocks: [CellGraph.Parameter.Block]
    /// The node of each block that was mentioned.
    var nodes: [String: NodeID] = [:]

    /// Its rows, or a vector's units.
    var extent: Int { blocks.last?.range.upperBound ?? 0 }
    var shape: [Int] { published ?? (isVector ? [extent] : [extent, across]) }
    var description: CellGraph.Parameter {
      .init(name: name, shape: shape, isSignal: isVector, blocks: blocks)
    }
  }

  /// A trace that starts with known states and parameters; equations may add more.
  init(states: [CellGraph.State] = [], parameters: [CellGraph.Parameter] = []) {
    self.states = states
    self.parameters = parameters.map {
      Parameter(
        name: $0.name, isVector: $0.isSignal, across: $0.isSignal ? 1 : $0.columns,
        published: $0.shape.count == ($0.isSignal ? 1 : 2) ? nil : $0.shape, blocks: $0.blocks)
    }
  }

  var nodes: [Graph.Node] { graph.nodes }

  func add(_ operation: Operation, rows: Int = 1, columns: Int = 1) -> NodeID {
    switch operation {
    case .constant(let value, _, _): require(!value.isNaN, "expected a number, found NaN")
    case .table(let table):
      require(!table.elements.contains { $0.isNaN }, "expected numbers, found NaN")
    default: break
    }
    return graph.add(operation, rows: rows, columns: columns)
  }

  func signal(_ operation: Operation, width: Int = 1) -> Signal {
    Signal(id: add(operation, columns: width), trace: self)
  }

  // MARK: States

  func state(_ name: String, shape: [Int]) -> Signal {
    let index = states.firstIndex { $0.name == name } ?? states.count
    if index == states.count { states.append(.init(name: name, shape: shape)) }
    require(
      states[index].shape == shape,
      "state \(name) has the shape \(states[index].shape), not \(shape)")
    let id = add(.state(index), columns: shape.reduce(1, *))
    return Signal(id: id, trace: self, shape: shape)
  }

  func update(_ state: NodeID, to value: NodeID) {
    guard case .state(let index) = graph[state].operation else {
      failure("only a state can be updated")
    }
    require(updates[index] == nil, "state \(states[index].name) is updated twice")
    let (width, new) = (graph[state].columns, graph[value].columns)
    require(
      new == width || new == 1,
      "state \(states[index].name) of \(width) units is updated to \(new)")
    updates[index] = new == width ? value : add(.broadcast(value, columns: width))
  }

  // MARK: Parameters

  /// The parameters that the equations have mentioned.
  var parameterDescriptions: [CellGraph.Parameter] {
    parameters.map(\.description)
  }

  /// The node of a parameter as a whole.
  func parameter(_ index: Int) -> NodeID {
    let parameter = parameters[index].description
    return add(.parameter(index), rows: parameter.rows, columns: parameter.columns)
  }

  /// The node of a parameter with the name and shape that it was published with.
  func published(
    _ name: String, _ shape: [Int], isSignal: Bool, _ initialization: Initialization?
  ) -> NodeID {
    require(
      !shape.isEmpty && shape.allSatisfy { $0 > 0 }, "parameter \(name) of the shape \(shape)")
    let index = parameters.firstIndex { $0.name == name } ?? parameters.count
    if index == parameters.count {
      parameters.append(
        Parameter(
          name: name, isVector: isSignal, across: isSignal ? 1 : shape[shape.count - 1],
          published: shape,
          blocks: [.init(name: "", range: 0..<shape[0], initialization: initialization)]))
    }
    require(
      parameters[index].shape == shape && parameters[index].isVector == isSignal,
      "\(name) has the shape \(parameters[index].shape), not \(shape)")
    return parameter(index)
  }

  /// Adds a block to a parameter, where it is new, without a node; its parameter's number and its name.
  @discardableResult
  func declare(
    _ name: String, rows: Int, columns: Int, isVector: Bool, _ initialization: Initialization?
  ) -> (index: Int, block: String) {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    let block = parts.count == 2 ? parts[1] : ""
    let (along, across) = isVector ? (columns, 1) : (rows, columns)
    let index = parameters.firstIndex { $0.name == parts[0] } ?? parameters.count
    if index == parameters.count {
      parameters.append(
        Parameter(name: parts[0], isVector: isVector, across: across, blocks: []))
    }
    if parameters[index].nodes[block] != nil { return (index, block) }
    require(
      parameters[index].across == across && parameters[index].isVector == isVector,
      "\(name) has \(across) columns, other blocks of it \(parameters[index].across)")
    if !parameters[index].blocks.contains(where: { $0.name == block }) {
      let start = parameters[index].extent
      let leaf = parameter(index)
      parameters[index].blocks.append(
        .init(name: block, range: start..<start + along, initialization: initialization))
      graph.resize(
        leaf, rows: isVector ? 1 : start + along, columns: isVector ? start + along : across)
    }
    let range = parameters[index].blocks.first { $0.name == block }?.range ?? 0..<0
    require(
      range.count == along, "\(name) has \(range.count) rows or units, not \(along)")
    return (index, block)
  }

  func parameterBlock(
    _ name: String, rows: Int, columns: Int, isVector: Bool, _ initialization: Initialization?
  ) -> NodeID {
    let (index, block) = declare(
      name, rows: rows, columns: columns, isVector: isVector, initialization)
    if let known = parameters[index].nodes[block] {
      require(
        graph[known].rows == rows && graph[known].columns == columns,
        "\(name) has the shape \([graph[known].rows, graph[known].columns]), not \([rows, columns])"
      )
      return known
    }
    let range = parameters[index].blocks.first { $0.name == block }?.range ?? 0..<0
    let leaf = parameter(index)
    let node = add(isVector ? .slice(leaf, range) : .rows(leaf, range))
    parameters[index].nodes[block] = node
    return node
  }

  // MARK: The finished cell

  /// The finished graph, without unused nodes.
  func finish(inputSize: Int, hiddenSize: Int) -> CellGraph {
    require(!states.isEmpty, "a recurrent cell needs a state")
    let newStates = states.enumerated().map { index, state in
      guard let value = self.updates[index] else { failure("state \(state.name) has no update") }
      return value
    }
    let value = output ?? newStates[0]
    var copy = GraphCopy(of: graph, into: Graph())
    // Parameters and input come first, in their order; a parameter of one block is that block.
    for (index, parameter) in parameters.enumerated() {
      let whole = copy.node(self.parameter(index))
      if parameter.blocks.count == 1, let block = parameter.nodes.values.first {
        copy.map(block, to: whole)
      }
    }
    _ = copy.result.add(.sequence(0), columns: inputSize)
    // The others follow in the order of what they depend on, however the equations were split into statements.
    for id in graph.postOrder(from: newStates + [value]) { _ = copy.node(id) }
    let updates = newStates.map { copy.node($0) }
    let result = copy.node(value)
    return CellGraph(
      graph: copy.result, inputSize: inputSize, hiddenSize: hiddenSize, states: states,
      parameters: parameterDescriptions, sequences: [.init(name: "input", width: inputSize)],
      updates: updates, output: result)
  }
}
