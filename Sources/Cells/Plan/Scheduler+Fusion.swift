import TensorCore

extension Scheduler {
  /// One program for a group of elementwise nodes, or several where one would be too long.
  mutating func fusedSteps(_ group: [NodeID]) -> [Step] {
    let maximumLength = 24
    var steps: [Step] = []
    for start in stride(from: 0, to: group.count, by: maximumLength) {
      let part = Array(group[start..<min(start + maximumLength, group.count)])
      steps.append(fusedStep(part, in: group))
    }
    return steps
  }

  /// A copy of a node's value, or of a constant.
  func copyStep(_ id: NodeID, into target: Place) -> Step {
    var writer = ProgramWriter()
    let value = constantOrLoad(id, &writer)
    writer.store(value, to: target)
    let isMatrix =
      switch schedule.buffers[target.area].kind {
      case .value, .prepared, .gathered, .parameter, .table: true
      default: false
      }
    return .program(
      Step.Program(
        writer.program(), writer.operands, width: target.columns,
        matrixRows: isMatrix ? target.rows : 0))
  }

  private func fusedStep(_ part: [NodeID], in group: [NodeID]) -> Step {
    var writer = ProgramWriter()
    let members = Set(part)
    var registers: [NodeID: Int] = [:]
    var lastUse: [NodeID: NodeID] = [:]
    for id in part { for operand in graph[id].operation.operands { lastUse[operand] = id } }
    let stored = part.filter { isStored($0, members) }
    for id in stored { lastUse[id] = Int.max }
    for id in part {
      let (function, operands): (ElementwiseFunction, [NodeID])
      switch graph[id].operation {
      case .apply(let f, let x): (function, operands) = (f, x)
      case .broadcast(let x, _): (function, operands) = (.copy, [x])
      default: continue
      }
      let inputs = operands.map { operand -> Int in
        if let known = registers[operand] { return known }
        let loaded = constantOrLoad(operand, &writer)
        registers[operand] = loaded
        return loaded
      }
      for operand in Set(operands) where lastUse[operand] == id {
        if let register = registers.removeValue(forKey: operand) { writer.free(register) }
      }
      let result = writer.apply(function, inputs)
      if lastUse[id] == nil { writer.free(result) } else { registers[id] = result }
    }
    for id in stored {
      guard let register = registers[id] else { continue }
      for target in [place(id)] + (copies[id] ?? []) { writer.store(register, to: target) }
    }
    let first = graph[part[0]]
    let isMatrix = stages[part[0]] == .parameters || stages[part[0]] == .gathering
    return .program(
      Step.Program(
        writer.program(), writer.operands, width: first.columns,
        matrixRows: isMatrix ? first.rows : 0))
  }

  /// Whether anything outside the program reads a value.
  private func isStored(_ id: NodeID, _ members: Set<NodeID>) -> Bool {
    if recurrence.roots.contains(id) { return true }
    return (consumers[id] ?? []).contains { !members.contains($0) }
  }

  private func constantOrLoad(_ id: NodeID, _ writer: inout ProgramWriter) -> Int {
    if let value = graph.constant(id) { return writer.constant(value) }
    return writer.load(place(id))
  }
}

/// Writes a program for the elementwise machine.
struct ProgramWriter {
  private(set) var operands: [Place] = []
  private var instructions: [ElementwiseInstruction] = []
  private var stores: [ElementwiseInstruction] = []
  private var constants: [Float] = []
  private var freeRegisters: [Int] = []
  private var registerCount = 0

  mutating func load(_ place: Place) -> Int {
    let register = allocate()
    instructions.append(.load(operand: UInt8(operand(place)), to: UInt8(register)))
    return register
  }

  mutating func constant(_ value: Double) -> Int {
    let register = allocate()
    constants.append(Float(value))
    instructions.append(.constant(UInt8(constants.count - 1), to: UInt8(register)))
    return register
  }

  mutating func apply(_ function: ElementwiseFunction, _ inputs: [Int]) -> Int {
    let register = allocate()
    let r = inputs.map(UInt8.init) + [0, 0]
    instructions.append(ElementwiseInstruction(function, r[0], r[1], r[2], to: UInt8(register)))
    return register
  }

  mutating func store(_ register: Int, to place: Place) {
    stores.append(.store(UInt8(register), operand: UInt8(operand(place))))
  }

  mutating func free(_ register: Int) { freeRegisters.append(register) }

  func program() -> ElementwiseProgram {
    ElementwiseProgram(
      instructions + stores, constants: constants, operandCount: operands.count)
  }

  private mutating func operand(_ place: Place) -> Int {
    if let known = operands.firstIndex(of: place) { return known }
    operands.append(place)
    return operands.count - 1
  }

  private mutating func allocate() -> Int {
    if let free = freeRegisters.popLast() { return free }
    registerCount += 1
    return registerCount - 1
  }
}
