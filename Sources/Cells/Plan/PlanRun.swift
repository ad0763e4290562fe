import TensorCore

/// Runs a schedule.
///
/// The work is split over threads by samples inside the loop, which need nothing of each other, by steps
/// before and after it, and by columns where all samples and steps are summed: no sum changes its order.
struct PlanRun {
  /// Rows that are worked on together: samples of one step, or steps of one sample.
  struct Block {
    var step: Int
    var row = 0
    var rows: Int
    /// Whether the rows are steps of one sample.
    var alongTime = false
  }

  typealias Operands = UnsafeMutablePointer<ElementwiseOperand>

  /// The states after the last step, `[B, width]` each, and the signals that were to be kept, with the
  /// memory that holds them.
  struct Results {
    var states: [Storage]
    var kept: [(view: SignalView, owner: Storage?)]
    var outers: [Outer?]
  }

  let schedule: Schedule
  private let isReversed: Bool
  /// Whether what is gathered is wanted for each sample.
  let gathersSamples: Bool
  let segment: Segment
  let leavesOuters: Bool
  private(set) var memory: PlanMemory
  private var packed: [PackedMatrix] = []

  /// Runs the whole schedule.
  static func run(_ schedule: Schedule, _ arguments: PlanArguments) -> Results {
    precondition(
      arguments.batch > 0 && arguments.steps > 0,
      "a recurrence over \(arguments.steps) steps of \(arguments.batch) samples")
    let run = PlanRun(schedule, arguments)
    let parts = run.partCount
    let isShared =
      parts > 1
      && ThreadTeam.tryRun(parts: parts) { run.execute(part: $0, of: parts) }
    if !isShared { run.execute(part: 0, of: 1) }
    return run.results(stateCount: arguments.initialStates.count)
  }

  private init(_ schedule: Schedule, _ arguments: PlanArguments) {
    self.schedule = schedule
    isReversed = arguments.isReversed
    gathersSamples = arguments.gatheredStride != 0
    segment = arguments.segment
    leavesOuters = arguments.leavesOuters
    let parameters = arguments.parameters
    let known = parameters.cache?.prepared(for: schedule, parameters.tensors)
    memory = PlanMemory(schedule, arguments, prepared: known?.storages)
    for (index, initial) in arguments.initialStates.enumerated() {
      start(state: index, from: initial)
    }
    if let known {
      packed = known.packed
    } else {
      prepare()
      parameters.cache?.keep(
        Prepared(packed: packed, storages: memory.storages(of: schedule)), for: schedule,
        parameters.tensors)
    }
  }

  private func start(state index: Int, from initial: UnsafePointer<Float>?) {
    let (place, count) = statePlace(index)
    let area = memory.areas[place.buffer]
    let first = isReversed ? memory.steps : 0
    let target = area.base + (first & area.stepMask) * area.timeStride
    if let initial {
      target.update(from: initial, count: count)
    } else {
      target.update(repeating: 0, count: count)
    }
  }

  /// What is made of the parameters alone.
  private mutating func prepare() {
    withOperands { operands in
      for step in schedule.parameterStage { execute(step, Block(step: 0, rows: 1), operands) }
    }
    packed = schedule.packings.map { packing in
      let area = memory.areas[packing.matrix.buffer]
      return PackedMatrix(
        memory.pointer(packing.matrix, step: 0, row: 0),
        kStride: packing.isTransposed ? area.rowStride : 1,
        nStride: packing.isTransposed ? 1 : area.rowStride, n: packing.n, k: packing.k)
    }
  }

  private func results(stateCount: Int) -> Results {
    let last = isReversed ? 0 : memory.steps
    let states = (0..<stateCount).map { index in
      let (place, count) = statePlace(index)
      let area = memory.areas[place.buffer]
      let storage = Storage(count: count)
      storage.pointer.update(
        from: area.base + (last & area.stepMask) * area.timeStride, count: count)
      return storage
    }
    segment.sums?.keep(memory.storages, of: schedule)
    return Results(
      states: states, kept: schedule.kept.map { (memory.view($0), memory.storages[$0.buffer]) },
      outers: outers)
  }

  private func statePlace(_ index: Int) -> (Schedule.Place, count: Int) {
    let buffer = schedule.buffers.firstIndex { $0.kind == .state(index) } ?? 0
    let width = schedule.buffers[buffer].width
    return (Schedule.Place(buffer: buffer, columns: width), memory.batch * width)
  }

  private func withOperands<Result>(_ body: (Operands) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: ElementwiseOperand.self, capacity: 64) { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("a buffer of 64 operands") }
      return body(base)
    }
  }

  // MARK: Threads

  /// Over how many threads the work is split: one where a thread would wait longer than work.
  private var partCount: Int {
    let leastWork = 100_000
    let leastRows = 4
    if gathersSamples { return 1 }
    let work = schedule.work * memory.batch * memory.steps
    return max(1, min(ThreadTeam.count, memory.batch / leastRows, work / leastWork))
  }

  private func execute(part: Int, of parts: Int) {
    func share(_ count: Int) -> Range<Int> { count * part / parts..<count * (part + 1) / parts }
    func meet() { if parts > 1 { ThreadTeam.barrier() } }
    withOperands { operands in
      let steps = share(memory.steps)
      for step in schedule.before { executeForAllSteps(step, steps, operands) }
      meet()
      let rows = share(memory.batch)
      for index in 0..<memory.steps {
        let time = isReversed ? memory.steps - 1 - index : index
        let block = Block(step: time, row: rows.lowerBound, rows: rows.count)
        for step in schedule.loop { execute(step, block, operands) }
      }
      meet()
      for step in schedule.after { executeForAllSteps(step, steps, operands) }
      meet()
      if gathersSamples { return gatherSamples(operands) }
      for step in schedule.gathering {
        if let width = step.gatheredWidth {
          gather(step, share(width))
        } else if segment.isLast {
          meet()
          if part == 0 { execute(step, Block(step: 0, rows: 1), operands) }
          meet()
        }
      }
    }
  }

  // MARK: One piece of work

  func execute(_ step: Schedule.Step, _ block: Block, _ operands: Operands) {
    switch step {
    case .fused(let fused): execute(fused, block, operands)
    case .product(let product):
      packed[product.weight].multiply(
        rows: block.rows, x: pointer(product.signal, block),
        xRowStride: stride(product.signal, block), xColumnStride: 1,
        bias: product.bias.map { UnsafePointer(pointer($0, block)) },
        accumulate: product.accumulate, into: pointer(product.destination, block),
        stride: stride(product.destination, block))
    case .rowSum(let source, let target):
      let area = memory.areas[source.buffer]
      rowSum(
        pointer(source, block), stride: area.isMatrix ? area.rowStride : stride(source, block),
        rows: area.isMatrix ? source.rows : block.rows, width: source.columns,
        into: pointer(target, block),
        sumsStride: area.isMatrix ? 1 : stride(target, block))
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

  private func execute(_ fused: Schedule.Fused, _ block: Block, _ operands: Operands) {
    for (index, place) in fused.operands.enumerated() {
      let rowStride =
        if fused.rows != nil {
          place.rows == 1 ? 0 : memory.areas[place.buffer].rowStride
        } else {
          stride(place, block)
        }
      operands[index] = ElementwiseOperand(
        pointer(place, block), rowStride: rowStride,
        columnStride: place.columns == 1 && fused.width > 1 ? 0 : 1)
    }
    fused.program.run(
      operands: operands, rows: fused.rows ?? block.rows, width: fused.width)
  }

  func pointer(_ place: Schedule.Place, _ block: Block) -> UnsafeMutablePointer<Float> {
    memory.pointer(place, step: block.step, row: block.row)
  }

  func stride(_ place: Schedule.Place, _ block: Block) -> Int {
    let area = memory.areas[place.buffer]
    if area.isMatrix { return 0 }
    return block.alongTime ? area.timeStride : area.rowStride
  }

  // MARK: Many steps at once

  private func executeForAllSteps(
    _ step: Schedule.Step, _ steps: Range<Int>, _ operands: Operands
  ) {
    for block in blocks(steps, for: step.places) { execute(step, block, operands) }
  }

  /// All rows of some steps, in as few blocks as the strides allow.
  private func blocks(_ steps: Range<Int>, for places: [Schedule.Place]) -> [Block] {
    if steps.isEmpty { return [] }
    let batch = memory.batch
    if places.allSatisfy(memory.isFlat) {
      return [Block(step: steps.lowerBound, rows: batch * steps.count)]
    }
    if batch >= steps.count { return steps.map { Block(step: $0, rows: batch) } }
    return (0..<batch).map {
      Block(step: steps.lowerBound, row: $0, rows: steps.count, alongTime: true)
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

  /// For a sum over all samples and steps, the number of columns that threads can share.
  var gatheredWidth: Int? {
    switch self {
    case .outer(let a, _, _), .total(let a, _): a.columns
    default: nil
    }
  }
}
