import TensorCore

extension Scheduler {
  /// One program for a group of elementwise nodes, or several where one would be too long.
  mutating func fusedSteps(_ group: [NodeID]) -> [Step] {
    let maximumLength = 24
    var steps: [Step] = []
    for start in stride(from: 0, to: group.count, by: maximumLength) {
      let part = Array(group[start..<min(start + maximumLength, group.count)])
      steps.append(fusedStep(part))
    }
    return steps
  }

  /// A copy of a node's value, or of a constant.
  func copyStep(_ id: NodeID, into target: Place) -> Step {
    var writer = PlaceWriter()
    let value = constantOrLoad(id, &writer)
    writer.store(value, to: target)
    let isMatrix =
      switch schedule.buffers[target.area].kind {
      case .value, .prepared, .gathered, .parameter, .table: true
      default: false
      }
    return writer.step(width: target.columns, matrixRows: isMatrix ? target.rows : 0)
  }

  private func fusedStep(_ part: [NodeID]) -> Step {
    var writer = PlaceWriter()
    var values: [NodeID: ProgramWriter.Value] = [:]
    for id in part {
      let (function, operands): (ElementwiseFunction, [NodeID])
      switch graph[id].operation {
      case .apply(let f, let x): (function, operands) = (f, x)
      case .broadcast(let x, _): (function, operands) = (.copy, [x])
      default: continue
      }
      let inputs = operands.map { operand -> ProgramWriter.Value in
        let value = values[operand] ?? computed(operand, for: id, &writer)
        values[operand] = value
        return value
      }
      values[id] = writer.apply(function, inputs)
    }
    let members = Set(part)
    for id in part where isStored(id, members) {
      guard let value = values[id] else { continue }
      for target in [place(id)] + (copies[id] ?? []) { writer.store(value, to: target) }
    }
    let first = graph[part[0]]
    let isMatrix = stages[part[0]] == .parameters || stages[part[0]] == .gathering
    return writer.step(
      width: first.columns, matrixRows: isMatrix ? first.rows : 0,
      tile: isMatrix ? nil : repeated.tile(part[0]))
  }

  /// Whether anything outside the program reads a value.
  private func isStored(_ id: NodeID, _ members: Set<NodeID>) -> Bool {
    if recurrence.roots.contains(id) { return true }
    return (consumers[id] ?? []).contains { consumer in
      !members.contains(consumer) && !isComputedAgain(id, for: consumer)
    }
  }

  /// Whether a later program of a loop computes a value again instead of loading it: a scaled matrix that a sum reads. Its
  /// matrix is in memory as well, and scaling that is part of the same pass. What only the sum's step reads stays in a
  /// cache.
  private func isComputedAgain(_ id: NodeID, for consumer: NodeID) -> Bool {
    guard isFused(consumer), stages[consumer] == stages[id], graph[id].columns >= LoopParts.wide,
      case .apply(.multiply, let x) = graph[id].operation,
      x.contains(where: { repeated.source($0) != nil }),
      x.contains(where: { isStateOrInput($0) })
    else { return false }
    return (consumers[id] ?? []).contains { !isFused($0) }
  }

  private func isStateOrInput(_ id: NodeID) -> Bool {
    switch graph[id].operation {
    case .state, .sequence: true
    default: false
    }
  }

  private func computed(
    _ id: NodeID, for consumer: NodeID, _ writer: inout PlaceWriter
  ) -> ProgramWriter.Value {
    guard isComputedAgain(id, for: consumer), case .apply(let function, let x) = graph[id].operation
    else {
      return constantOrLoad(id, &writer)
    }
    let values = x.map { constantOrLoad($0, &writer) }
    return writer.apply(function, values)
  }

  private func constantOrLoad(
    _ id: NodeID, _ writer: inout PlaceWriter
  ) -> ProgramWriter.Value {
    if let value = graph.constant(id) { return writer.program.constant(value) }
    if let (source, strides) = repeated.source(id) { return writer.load(place(source), strides) }
    return writer.load(place(id))
  }
}

/// Writes a program whose operands are places.
private struct PlaceWriter {
  var program = ProgramWriter()
  private var operands: [Place] = []
  /// The strides of operands whose units are repeated.
  private var strides: [Step.TileStrides?] = []

  mutating func load(_ place: Place, _ strides: Step.TileStrides? = nil) -> ProgramWriter.Value {
    program.load(operand(place, strides))
  }

  mutating func apply(
    _ function: ElementwiseFunction, _ x: [ProgramWriter.Value]
  ) -> ProgramWriter.Value {
    program.apply(function, x)
  }

  mutating func store(_ value: ProgramWriter.Value, to place: Place) {
    program.store(value, to: operand(place))
  }

  func step(width: Int, matrixRows: Int, tile: Step.Tile? = nil) -> Step {
    var step = Step.Program(
      program.program(operands: operands.count), operands, width: width, matrixRows: matrixRows)
    if let tile, strides.contains(where: { $0 != nil }) {
      step.tile = tile
      step.strides = zip(operands, strides).map { place, strides in
        let isOne = place.columns == 1 && width > 1
        return strides ?? (isOne ? Step.TileStrides(tile: 0, row: 0, column: 0) : tile.strides)
      }
    }
    return .program(step)
  }

  private mutating func operand(_ place: Place, _ strides: Step.TileStrides? = nil) -> Int {
    let known = operands.indices.first { operands[$0] == place && self.strides[$0] == strides }
    if let known { return known }
    operands.append(place)
    self.strides.append(strides)
    return operands.count - 1
  }
}
