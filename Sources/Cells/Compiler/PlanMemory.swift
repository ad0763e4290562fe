import TensorCore

/// The memory of a schedule's runs over some number of samples and steps: an area for each buffer.
///
/// Activations saved for the backward pass have a memory block of their own, new for every run; everything else
/// shares another block. Between runs only the caller's signals are bound anew, so that a loop of single steps
/// lays out its memory once.
final class PlanMemory {
  let batch: Int
  let steps: Int
  let isReversed: Bool
  let rows: StepRows?
  /// By buffer.
  let areas: AreaTable
  /// The activations saved after the run, if any.
  private(set) var kept: Storage?
  let temporary: Storage
  /// Values that depend on parameters alone, by buffer.
  private(set) var prepared: [Storage?]
  /// Sums accumulated over segments, by buffer; after the last segment other values are computed from them.
  private(set) var sums: [Storage?] = []

  let runnable: RunnableSchedule
  /// Whether other runs may read the values that depend on parameters alone.
  private var sharesPrepared: Bool
  private let buffers: [Schedule.Buffer]
  /// The offset of each buffer's own memory in its block.
  private let offsets: [Int]
  private let keptCount: Int
  /// Whether runs with the same sizes may follow in this memory.
  let isReusable: Bool
  /// The most floats that stay between runs.
  private static let mostFloats = 1 << 18
  /// The buffers that have memory for some steps at a time only.
  private let passing: Set<Int>
  /// The buffers whose areas are set for every run.
  private let bound: [Int]
  /// The parameters' buffers in memory for learning. Between runs it does not keep the parameters alive, since an
  /// optimizer changes them in place only where nobody else holds them.
  private let released: [(number: Int, parameter: Int)]
  /// Whether a run has set the areas that are bound.
  private var isBound = false
  /// The packed weights of the last run, and their precision.
  private var packed: PackedWeights?
  private var precision = Precision.highest

  /// Memory for runs with the sizes and parameters of the arguments. `known` holds values that an earlier run
  /// computed from the same parameters, by buffer. Only the last two steps of the dropped states are kept, and of what
  /// is not read after a window of steps, that window.
  init(
    _ runnable: RunnableSchedule, _ arguments: borrowing PlanArguments, goesStepByStep: Bool,
    windows: PlanWindows? = nil, prepared known: [Storage?]?, dropping dropped: Set<Int> = []
  ) {
    var buffers =
      goesStepByStep ? runnable.buffersOfSingleSteps : runnable.schedule.buffers
    for number in dropped { buffers[number].keepsHistory = false }
    (batch, steps, isReversed) = (arguments.batch, arguments.steps, arguments.isReversed)
    (rows, passing) = (arguments.rows, windows?.passing ?? [])
    let (ofAll, ofWindow) = (arguments.rowCount(of: 0..<steps), windows?.mostRows ?? 0)
    let sizes = buffers.enumerated().map { [batch, rows, passing] number, buffer in
      Self.size(
        of: buffer, batch: batch, rowCount: passing.contains(number) ? ofWindow : ofAll, rows)
    }
    let (offsets, kept, other) = Self.layout(sizes, isKept: runnable.isKept)
    keptCount = kept
    temporary = Storage(count: other)
    isReusable = Self.isPlain(arguments, windows, dropped) && other <= Self.mostFloats
    sharesPrepared = known != nil
    let prepared =
      known
      ?? buffers.map { buffer in
        guard case .prepared(let rows) = buffer.kind else { return nil }
        return Storage(count: rows * buffer.width)
      }
    var (bound, fixed, released) = ([Int](), [Int](), [(number: Int, parameter: Int)]())
    for number in buffers.indices {
      let kind = buffers[number].kind
      if kind.isBound || runnable.isKept[number] && prepared[number] == nil {
        bound.append(number)
      } else {
        fixed.append(number)
      }
      if runnable.learns, case .parameter(let index) = kind { released.append((number, index)) }
    }
    (self.bound, self.released) = (bound, released)
    areas = AreaTable(count: buffers.count, rows: rows)
    (self.runnable, self.buffers, self.offsets, self.prepared) =
      (runnable, buffers, offsets, prepared)
    for number in fixed { setFixed(number, arguments.parameters) }
  }

  /// The offsets of buffers in their block, that of saved activations or the other one, and the blocks' sizes.
  private static func layout(
    _ sizes: [Int], isKept: [Bool]
  ) -> (offsets: [Int], kept: Int, other: Int) {
    var (kept, other) = (0, 0)
    var offsets: [Int] = []
    offsets.reserveCapacity(sizes.count)
    for number in sizes.indices {
      offsets.append(isKept[number] ? kept : other)
      if isKept[number] { kept += sizes[number] } else { other += sizes[number] }
    }
    return (offsets, kept, other)
  }

  /// Sets an area that is the same in every run.
  private func setFixed(_ number: Int, _ parameters: PlanParameters) {
    let buffer = buffers[number]
    switch buffer.kind {
    case .parameter(let index):
      let parameter = parameters.tensors[index]
      // What only products read needs no floats beside the packed weights.
      if parameter.encoded != nil, !runnable.stepBuffers.contains(number) { return }
      areas.set(number, matrix(parameter.elements, buffer))
    case .table(let index):
      areas.set(number, matrix(Floats(runnable.schedule.tables[index]), buffer))
    default:
      let memory =
        prepared[number].map { Floats($0) } ?? Floats(temporary, offset: offsets[number])
      areas.set(number, own(buffer, memory))
    }
  }

  /// Binds the signals of a run.
  func bind(_ arguments: borrowing PlanArguments, _ signals: some PlanSignals) {
    let kept = keptCount > 0 ? Storage(count: keptCount) : nil
    self.kept = kept
    for number in bound {
      let buffer = buffers[number]
      switch buffer.kind {
      case .sequence(let index): areas.set(number, signals.sequence(index))
      case .output(let index): areas.set(number, signals.output(index))
      case .gathered(let index):
        var area = matrix(signals.gathered(index), buffer)
        area.sampleStride = arguments.gatheredStride
        areas.set(number, area)
      default:
        let block = runnable.isKept[number] ? kept ?? temporary : temporary
        let memory = Floats(block, offset: offsets[number])
        guard case .state(let index) = buffer.kind else {
          if isBound {
            areas.move(number, to: memory)
          } else {
            areas.set(number, own(buffer, memory))
          }
          continue
        }
        let output = buffer.output.map { signals.output($0) }
        areas.set(
          number, state(buffer, memory, output: output, from: signals.initialState(index)))
      }
    }
    isBound = true
    guard let segments = arguments.segment.sums else { return }
    sums = Array(repeating: nil, count: buffers.count)
    for (number, buffer) in buffers.enumerated() {
      guard case .value(let rows) = buffer.kind else { continue }
      let storage = segments.storage(ofBuffer: number) ?? Storage(count: rows * buffer.width)
      sums[number] = storage
      areas.set(number, matrix(Floats(storage), buffer))
    }
  }

  /// Gives the memory for one window of steps to the window that starts at `first`.
  func takeWindow(from first: Int) {
    for number in passing {
      let buffer = buffers[number]
      var area = own(buffer, Floats(temporary, offset: offsets[number]))
      let row = rows?.start(ofStep: first) ?? first * batch
      area.memory = area.memory + -row * area.rowStride
      areas.set(number, area)
    }
  }

  /// The floats of a buffer's row.
  func width(ofBuffer number: Int) -> Int { buffers[number].width }

  /// The number of steps of a sample.
  func steps(ofSample sample: Int) -> Int { rows?.lengths[sample] ?? steps }

  /// Whether a run's memory depends on its sizes alone.
  static func isPlain(
    _ arguments: borrowing PlanArguments, _ windows: PlanWindows?, _ dropped: Set<Int>
  ) -> Bool {
    arguments.rows == nil && arguments.segment.sums == nil && windows == nil && dropped.isEmpty
  }

  /// Whether a plain run with the arguments' sizes fits.
  func fits(_ arguments: borrowing PlanArguments) -> Bool {
    isReusable && arguments.steps == steps && arguments.batch == batch
      && arguments.isReversed == isReversed
  }

  /// Sets the parameters of the next run, and the values that an earlier run computed from them, by buffer; nil where
  /// the run is to compute them, in memory that no other run reads.
  func set(_ parameters: PlanParameters, prepared known: [Storage?]?) {
    if known != nil || sharesPrepared {
      for (number, storage) in prepared.enumerated() {
        guard let storage else { continue }
        prepared[number] = known?[number] ?? Storage(count: storage.count)
        setFixed(number, parameters)
      }
    }
    sharesPrepared = known != nil
    for (number, index) in released { areas.borrow(number, parameters.tensors[index].storage) }
  }

  /// Keeps the packed weights of a run for the next one, unless they are large or would keep parameters alive.
  func keepWeights(_ weights: PackedWeights, _ precision: Precision) {
    guard let count = weights.copiedCount, count <= Self.mostFloats else { return }
    (packed, self.precision) = (weights, precision)
  }

  /// The packed weights of an earlier run, to be replaced by others, if nothing else reads them.
  func takeWeights(_ precision: Precision) -> PackedWeights? {
    guard precision == self.precision, isKnownUniquelyReferenced(&packed) else { return nil }
    defer { packed = nil }
    return packed
  }

  /// The values that depend on parameters alone, for other runs, by buffer.
  func sharePrepared() -> [Storage?] {
    sharesPrepared = true
    return prepared
  }

  /// Releases the saved activations and the caller's memory.
  func release() {
    kept = nil
    for number in bound { areas.release(number) }
    for (number, _) in released { areas.release(number) }
  }

  /// Floats of memory of its own that a buffer needs, whole cache lines.
  private static func size(
    of buffer: Schedule.Buffer, batch: Int, rowCount: Int, _ rows: StepRows?
  ) -> Int {
    let row = batch * buffer.width
    let size =
      switch buffer.kind {
      case .sequence, .output, .parameter, .table, .gathered, .prepared: 0
      case .state where buffer.output != nil: row
      case .state where buffer.keepsHistory: row + rowCount * buffer.width
      case .state: (rows == nil ? 2 : 3) * row
      case .everyStep: rowCount * buffer.width
      case .oneStep: row
      case .value(let rows): rows * buffer.width
      }
    return (size + 15) & ~15
  }

  private func matrix(_ memory: Floats, _ buffer: Schedule.Buffer) -> Area {
    var area = Area(memory, rowStride: buffer.width)
    area.isMatrix = true
    return area
  }

  /// The area of a buffer that has memory of its own.
  private func own(_ buffer: Schedule.Buffer, _ memory: Floats) -> Area {
    switch buffer.kind {
    case .everyStep:
      var area = Area(memory, timeStride: batch * buffer.width, rowStride: buffer.width)
      area.rows = rows
      return area
    case .oneStep: return Area(memory, rowStride: buffer.width)
    default: return matrix(memory, buffer)
    }
  }

  /// The area of a state's values, before the first step and after each, numbered 0 to T in the order of time. The
  /// value before the first step is set.
  private func state(
    _ buffer: Schedule.Buffer, _ memory: Floats, output: Area?, from initial: Floats?
  ) -> Area {
    let row = batch * buffer.width
    var area: Area
    let start: Floats
    if rows != nil {
      // What a sample starts from has memory of its own, before that of the steps.
      area = output ?? Area(memory + row, timeStride: row, rowStride: buffer.width)
      area.rows = rows
      area.stepMask = output != nil || buffer.keepsHistory ? -1 : 1
      area.otherMemory = memory
      area.otherRowStride = buffer.width
      area.previousShift = isReversed ? 1 : -1
      copyRow(initial, count: row, into: memory)
      return area
    }
    if let output, output.stepMask == 1 {
      // The state lives in the output, which has memory for two steps by turns.
      area = output
      area.previousShift = -1
      copyRow(initial, count: row, into: area.row(.previous, step: 0))
      return area
    }
    if let output {
      // The state lives in the output; only its initial value is in memory of its own.
      area = output
      if !isReversed { area.memory = area.memory + -area.timeStride }
      area.otherStep = isReversed ? steps : 0
      area.otherMemory = memory
      area.otherRowStride = buffer.width
      start = memory
    } else {
      area = Area(memory, timeStride: row, rowStride: buffer.width)
      area.stepMask = buffer.keepsHistory ? -1 : 1
      start = memory + ((isReversed ? steps : 0) & area.stepMask) * row
    }
    area.previousShift = isReversed ? 1 : 0
    area.nextShift = isReversed ? 0 : 1
    copyRow(initial, count: row, into: start)
    return area
  }

  /// A place's rows at every step.
  func part(_ place: Place) -> Area { areas.part(place) }

  /// Whether a state is the output, with memory in its rows.
  func isOutput(state: Int) -> Bool { buffers[runnable.stateBuffers[state]].output != nil }

  /// Makes a state of single steps stand in the caller's memory before the step, and after it.
  func place(state: Int, before: Floats, after: Floats, rowStride: Int) {
    var area = Area(after, rowStride: rowStride)
    (area.stepMask, area.nextShift) = (1, 1)
    (area.otherStep, area.otherMemory, area.otherRowStride) = (0, before, rowStride)
    areas.set(runnable.stateBuffers[state], area)
  }

  /// Releases the caller's memory of a state.
  func releaseState(_ state: Int) { areas.release(runnable.stateBuffers[state]) }

  /// A state `[B, width]` at a step, in memory whose rows are contiguous.
  func rows(ofState state: Int, _ slot: Place.Slot, step: Int) -> Floats {
    areas.row(runnable.stateBuffers[state], slot, step: step)
  }

  /// The states after the last step, `[B, width]` each.
  var finalStates: [Storage] {
    runnable.stateBuffers.map { number in
      let width = buffers[number].width
      let storage = Storage(count: batch * width)
      let last = Place(area: number, slot: .next, columns: width)
      if let rows {
        for (sample, length) in rows.lengths.enumerated() {
          let block = StepBlock(step: isReversed ? 0 : length - 1, row: sample, rows: 1)
          areas.copy(last, block, into: Floats(storage, offset: sample * width))
        }
        return storage
      }
      areas.copy(
        last, StepBlock(step: isReversed ? 0 : steps - 1, rows: batch), into: Floats(storage))
      return storage
    }
  }
}

extension Schedule.Buffer.Kind {
  /// Whether its area is set for every run: a signal of the caller or, because of its initial value, a state.
  fileprivate var isBound: Bool {
    switch self {
    case .sequence, .output, .state, .gathered: true
    case .parameter, .table, .everyStep, .oneStep, .prepared, .value: false
    }
  }
}
