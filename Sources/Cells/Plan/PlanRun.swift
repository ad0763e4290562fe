import TensorCore

/// Runs a schedule.
struct PlanRun {
  /// Rows that are worked on together: samples of one step, or steps of one sample.
  private struct Block {
    var step: Int
    var row = 0
    var rows: Int
    /// Whether the rows are steps of one sample.
    var alongTime = false
  }

  private let schedule: Schedule
  private let isReversed: Bool
  private(set) var memory: PlanMemory
  private var packed: [PackedMatrix] = []
  private let scratch: UnsafeMutableBufferPointer<ElementwiseOperand>

  /// Runs the whole schedule and returns the states after the last step, `[B, width]` each, and the
  /// signals that were to be kept, with the memory that holds them.
  static func run(
    _ schedule: Schedule, _ arguments: PlanArguments
  ) -> (states: [Storage], kept: [(view: SignalView, owner: Storage?)]) {
    precondition(
      arguments.batch > 0 && arguments.steps > 0,
      "a recurrence over \(arguments.steps) steps of \(arguments.batch) samples")
    return withUnsafeTemporaryAllocation(of: ElementwiseOperand.self, capacity: 64) { scratch in
      var run = PlanRun(schedule, arguments, scratch)
      run.prepare(arguments)
      run.runAll()
      return run.results(stateCount: arguments.initialStates.count)
    }
  }

  private init(
    _ schedule: Schedule, _ arguments: PlanArguments,
    _ scratch: UnsafeMutableBufferPointer<ElementwiseOperand>
  ) {
    self.schedule = schedule
    self.scratch = scratch
    isReversed = arguments.isReversed
    memory = PlanMemory(schedule, arguments)
  }

  /// What is done once: initial states, values of parameters alone, packed weights.
  private mutating func prepare(_ arguments: PlanArguments) {
    for (index, initial) in arguments.initialStates.enumerated() {
      let (place, count) = statePlace(index)
      let first = isReversed ? memory.steps : 0
      let area = memory.areas[place.buffer]
      let target = area.base + (first & area.stepMask) * area.timeStride
      if let initial {
        target.update(from: initial, count: count)
      } else {
        target.update(repeating: 0, count: count)
      }
    }
    for step in schedule.parameterStage { execute(step, Block(step: 0, rows: 1)) }
    packed = schedule.packings.map { packing in
      let area = memory.areas[packing.matrix.buffer]
      return PackedMatrix(
        memory.pointer(packing.matrix, step: 0, row: 0),
        kStride: packing.isTransposed ? area.rowStride : 1,
        nStride: packing.isTransposed ? 1 : area.rowStride, n: packing.n, k: packing.k)
    }
  }

  private func runAll() {
    for step in schedule.before { executeForAllSteps(step) }
    for index in 0..<memory.steps {
      let time = isReversed ? memory.steps - 1 - index : index
      for step in schedule.loop { execute(step, Block(step: time, rows: memory.batch)) }
    }
    for step in schedule.after { executeForAllSteps(step) }
    for step in schedule.gathering { gather(step) }
  }

  private func results(
    stateCount: Int
  ) -> (states: [Storage], kept: [(view: SignalView, owner: Storage?)]) {
    let last = isReversed ? 0 : memory.steps
    let states = (0..<stateCount).map { index in
      let (place, count) = statePlace(index)
      let area = memory.areas[place.buffer]
      let storage = Storage(count: count)
      storage.pointer.update(
        from: area.base + (last & area.stepMask) * area.timeStride, count: count)
      return storage
    }
    return (
      states, schedule.kept.map { (memory.view($0), memory.storages[$0.buffer]) }
    )
  }

  private func statePlace(_ index: Int) -> (Schedule.Place, count: Int) {
    let buffer = schedule.buffers.firstIndex { $0.kind == .state(index) } ?? 0
    let width = schedule.buffers[buffer].width
    return (Schedule.Place(buffer: buffer, columns: width), memory.batch * width)
  }

  // MARK: One piece of work

  private func execute(_ step: Schedule.Step, _ block: Block) {
    switch step {
    case .fused(let fused): execute(fused, block)
    case .product(let product):
      packed[product.weight].multiply(
        rows: block.rows, x: pointer(product.signal, block),
        xRowStride: stride(product.signal, block), xColumnStride: 1,
        bias: product.bias.map { UnsafePointer(pointer($0, block)) },
        accumulate: product.accumulate, into: pointer(product.destination, block),
        stride: stride(product.destination, block))
    case .rowSum(let source, let target):
      rowSum(
        pointer(source, block), stride: stride(source, block), rows: block.rows,
        width: source.columns, into: pointer(target, block), sumsStride: stride(target, block))
    case .rowMaximum(let source, let target):
      rowMaximum(
        pointer(source, block), stride: stride(source, block), rows: block.rows,
        width: source.columns, into: pointer(target, block), maximaStride: stride(target, block))
    case .cumulativeSum(let source, let isReversed, let target):
      rowCumulativeSum(
        pointer(source, block), stride: stride(source, block), rows: block.rows,
        width: source.columns, reversed: isReversed, into: pointer(target, block),
        yStride: stride(target, block))
    case .transpose(let source, let target):
      transpose(
        pointer(source, block), rows: source.rows, columns: source.columns,
        into: pointer(target, block))
    case .identity(let target):
      let size = target.columns
      let base = pointer(target, block)
      base.update(repeating: 0, count: size * size)
      for index in 0..<size { base[index * (size + 1)] = 1 }
    case .outer, .total: preconditionFailure("gathered after the last step only")
    }
  }

  private func execute(_ fused: Schedule.Fused, _ block: Block) {
    for (index, place) in fused.operands.enumerated() {
      let rowStride =
        if fused.rows != nil {
          place.rows == 1 ? 0 : memory.areas[place.buffer].rowStride
        } else {
          stride(place, block)
        }
      scratch[index] = ElementwiseOperand(
        pointer(place, block), rowStride: rowStride,
        columnStride: place.columns == 1 && fused.width > 1 ? 0 : 1)
    }
    guard let operands = scratch.baseAddress else { return }
    fused.program.run(
      operands: operands, rows: fused.rows ?? block.rows, width: fused.width)
  }

  private func pointer(_ place: Schedule.Place, _ block: Block) -> UnsafeMutablePointer<Float> {
    memory.pointer(place, step: block.step, row: block.row)
  }

  private func stride(_ place: Schedule.Place, _ block: Block) -> Int {
    let area = memory.areas[place.buffer]
    if area.isMatrix { return 0 }
    return block.alongTime ? area.timeStride : area.rowStride
  }

  // MARK: All steps at once

  private func executeForAllSteps(_ step: Schedule.Step) {
    for block in blocks(for: step.places) { execute(step, block) }
  }

  /// All rows in as few blocks as the strides allow.
  private func blocks(for places: [Schedule.Place]) -> [Block] {
    let (batch, steps) = (memory.batch, memory.steps)
    if places.allSatisfy(memory.isFlat) { return [Block(step: 0, rows: batch * steps)] }
    if batch >= steps { return (0..<steps).map { Block(step: $0, rows: batch) } }
    return (0..<batch).map { Block(step: 0, row: $0, rows: steps, alongTime: true) }
  }

  private func gather(_ step: Schedule.Step) {
    switch step {
    case .outer(let a, let b, let target):
      for (index, block) in blocks(for: [a, b]).enumerated() {
        matrixProduct(
          m: a.columns, n: b.columns, k: block.rows, a: pointer(a, block), aRowStride: 1,
          aColumnStride: stride(a, block), b: pointer(b, block), bRowStride: stride(b, block),
          bColumnStride: 1, accumulate: index > 0, into: pointer(target, block),
          stride: memory.areas[target.buffer].rowStride)
      }
    case .total(let source, let target):
      for (index, block) in blocks(for: [source]).enumerated() {
        columnSum(
          pointer(source, block), stride: stride(source, block), rows: block.rows,
          width: source.columns, accumulate: index > 0, into: pointer(target, block))
      }
    default: execute(step, Block(step: 0, rows: 1))
    }
  }
}

extension Schedule.Step {
  /// The places of the signals that a step reads and writes.
  fileprivate var places: [Schedule.Place] {
    switch self {
    case .fused(let fused): fused.operands
    case .product(let product): [product.signal, product.destination]
    case .rowSum(let a, let b), .rowMaximum(let a, let b), .cumulativeSum(let a, _, let b),
      .transpose(let a, let b), .total(let a, let b):
      [a, b]
    case .outer(let a, let b, let c): [a, b, c]
    case .identity(let a): [a]
    }
  }
}
