import TensorCore

/// A signal in memory: the row of sample b at step t starts at `base[t * timeStride + b * rowStride]`.
///
/// Whoever makes one keeps its memory alive and says who writes to it; so it may be sent between threads.
package struct SignalView: @unchecked Sendable {
  package var base: UnsafeMutablePointer<Float>
  package var timeStride: Int
  package var rowStride: Int
  /// The step whose rows stand elsewhere, as a state's initial value does; -1 where none do.
  var otherStep = -1
  var otherBase: UnsafeMutablePointer<Float>?
  var otherRowStride = 0

  package init(_ base: UnsafeMutablePointer<Float>, timeStride: Int, rowStride: Int) {
    self.base = base
    self.timeStride = timeStride
    self.rowStride = rowStride
  }

  /// Some steps of one sample, for any number of samples.
  func repeating(sample: Int, steps: Range<Int>) -> SignalView {
    var view = SignalView(
      base + steps.lowerBound * timeStride + sample * rowStride, timeStride: timeStride,
      rowStride: 0)
    if let otherBase, steps.contains(otherStep) {
      view.otherStep = otherStep - steps.lowerBound
      view.otherBase = otherBase + sample * otherRowStride
    }
    return view
  }

  fileprivate var area: SignalArea {
    var area = SignalArea(base: base, timeStride: timeStride, rowStride: rowStride)
    area.otherStep = otherStep
    area.otherBase = otherBase
    area.otherRowStride = otherRowStride
    return area
  }
}

/// The parameters of one direction of one layer, and what schedules have made of them.
package struct PlanParameters {
  package let tensors: [Tensor]
  /// Keeps packed weights from pass to pass, if there is one.
  package let cache: PreparedCache?

  package init(_ tensors: [Tensor], cache: PreparedCache? = nil) {
    self.tensors = tensors
    self.cache = cache
  }
}

/// What the caller of a schedule brings: sizes, signals and parameters.
package struct PlanArguments {
  package var batch: Int
  package var steps: Int
  /// Whether the last step comes first.
  package var isReversed: Bool
  package var sequences: [SignalView]
  package var outputs: [SignalView]
  /// The memory of the only output, if it is that of a single step and nothing else.
  var outputStorage: Storage?
  /// The states before the first step, `[B, width]` each; nil means zeros.
  package var initialStates: [UnsafePointer<Float>?]
  package var parameters: PlanParameters
  package var gathered: [UnsafeMutablePointer<Float>] = []
  /// Floats from one sample's gathered values to the next one's; 0 where they are summed over samples.
  package var gatheredStride = 0
  /// Which part of a sequence this is, if it is gone through in parts.
  var segment = PlanRun.Segment()
  /// Whether gathered values that are one outer product are left to the caller, as their two factors.
  var leavesOuters = false
}

/// The memory of one run of a schedule: an area for each buffer.
///
/// What is kept for the way back stands in one block of memory, everything else in another.
struct PlanMemory {
  private(set) var areas: [SignalArea] = []
  let batch: Int
  let steps: Int
  /// What is kept after the run, if anything is.
  private(set) var kept: Storage?
  let temporary: Storage
  /// What depends on parameters alone, by buffer.
  private(set) var prepared: [Storage?] = []
  /// What is gathered over several segments and made into more after the last, by buffer.
  private(set) var sums: [Storage?] = []

  /// `known` holds what an earlier run made of the same parameters, buffer by buffer.
  init(
    _ runnable: RunnableSchedule, _ arguments: PlanArguments, goesStepByStep: Bool,
    prepared known: [Storage?]?
  ) {
    let buffers =
      goesStepByStep ? runnable.buffersOfSingleSteps : runnable.schedule.buffers
    (batch, steps) = (arguments.batch, arguments.steps)
    var sizes = (kept: 0, temporary: 0)
    for (number, buffer) in buffers.enumerated() {
      let size = Self.size(of: buffer, batch: batch, steps: steps)
      if runnable.isKept[number] { sizes.kept += size } else { sizes.temporary += size }
    }
    kept = sizes.kept > 0 ? Storage(count: sizes.kept) : nil
    temporary = Storage(count: sizes.temporary)
    var next = (kept: kept?.pointer ?? temporary.pointer, temporary: temporary.pointer)
    prepared = known ?? []
    areas.reserveCapacity(buffers.count)
    for (number, buffer) in buffers.enumerated() {
      let size = Self.size(of: buffer, batch: batch, steps: steps)
      let own = runnable.isKept[number] ? next.kept : next.temporary
      if runnable.isKept[number] { next.kept += size } else { next.temporary += size }
      if case .prepared(let rows) = buffer.kind {
        let storage = known?[number] ?? Storage(count: rows * buffer.width)
        if known == nil { prepared.append(storage) }
        areas.append(matrix(storage.pointer, buffer))
      } else if case .value(let rows) = buffer.kind, let segments = arguments.segment.sums {
        let storage = segments.storage(ofBuffer: number) ?? Storage(count: rows * buffer.width)
        sums += Array(repeating: nil, count: number - sums.count) + [storage]
        if known == nil { prepared.append(nil) }
        areas.append(matrix(storage.pointer, buffer))
      } else {
        if known == nil { prepared.append(nil) }
        areas.append(area(of: buffer, own, arguments, runnable.schedule))
      }
    }
  }

  /// Floats of memory of its own that a buffer needs, whole cache lines.
  private static func size(of buffer: Schedule.Buffer, batch: Int, steps: Int) -> Int {
    let row = batch * buffer.width
    let size =
      switch buffer.kind {
      case .sequence, .output, .parameter, .table, .gathered, .prepared: 0
      case .state where buffer.output != nil: row
      case .state: (buffer.keepsHistory ? steps + 1 : 2) * row
      case .everyStep: steps * row
      case .oneStep: row
      case .value(let rows): rows * buffer.width
      }
    return (size + 15) & ~15
  }

  private func matrix(
    _ base: UnsafeMutablePointer<Float>, _ buffer: Schedule.Buffer
  ) -> SignalArea {
    var area = SignalArea(base: base, timeStride: 0, rowStride: buffer.width)
    area.isMatrix = true
    return area
  }

  private func area(
    of buffer: Schedule.Buffer, _ own: UnsafeMutablePointer<Float>, _ arguments: PlanArguments,
    _ schedule: Schedule
  ) -> SignalArea {
    let row = batch * buffer.width
    switch buffer.kind {
    case .sequence(let index): return arguments.sequences[index].area
    case .output(let index): return arguments.outputs[index].area
    case .state(let index):
      var area = state(buffer, own, arguments)
      area.previousShift = arguments.isReversed ? 1 : 0
      area.nextShift = arguments.isReversed ? 0 : 1
      let first = arguments.isReversed ? steps : 0
      let start = area.otherBase ?? area.base + (first & area.stepMask) * area.timeStride
      if let initial = arguments.initialStates[index] {
        start.update(from: initial, count: row)
      } else {
        start.update(repeating: 0, count: row)
      }
      return area
    case .parameter(let index):
      return matrix(arguments.parameters.tensors[index].storage.pointer, buffer)
    case .table(let index): return matrix(schedule.tables[index].pointer, buffer)
    case .gathered(let index):
      var area = matrix(arguments.gathered[index], buffer)
      area.sampleStride = arguments.gatheredStride
      return area
    case .everyStep: return SignalArea(base: own, timeStride: row, rowStride: buffer.width)
    case .oneStep: return SignalArea(base: own, timeStride: 0, rowStride: buffer.width)
    case .value, .prepared: return matrix(own, buffer)
    }
  }

  /// A state's values before the first step and after each: numbered 0 to T in the order of time.
  private func state(
    _ buffer: Schedule.Buffer, _ own: UnsafeMutablePointer<Float>, _ arguments: PlanArguments
  ) -> SignalArea {
    guard let index = buffer.output else {
      var area = SignalArea(base: own, timeStride: batch * buffer.width, rowStride: buffer.width)
      area.stepMask = buffer.keepsHistory ? -1 : 1
      return area
    }
    // It is the output; only its initial value stands elsewhere.
    var area = arguments.outputs[index].area
    if !arguments.isReversed { area.base -= area.timeStride }
    area.otherStep = arguments.isReversed ? steps : 0
    area.otherBase = own
    area.otherRowStride = buffer.width
    return area
  }

  /// A place of every step as a view.
  func view(_ place: Schedule.Place) -> SignalView {
    let area = areas[place.buffer]
    let shift =
      switch place.slot {
      case .current: 0
      case .previous: area.previousShift
      case .next: area.nextShift
      }
    var view = SignalView(
      area.base + place.offset + (area.isMatrix ? 0 : shift * area.timeStride),
      timeStride: area.timeStride, rowStride: area.rowStride)
    if area.otherStep >= 0 {
      view.otherStep = area.otherStep - shift
      view.otherBase = area.otherBase.map { $0 + place.offset }
      view.otherRowStride = area.otherRowStride
    }
    return view
  }

  /// Whether the rows of all samples and of some steps follow each other with one stride.
  func isFlat(_ place: Schedule.Place, _ steps: Range<Int>) -> Bool {
    let area = areas[place.buffer]
    if area.isMatrix { return true }
    return area.stepMask == -1 && (batch == 1 || area.timeStride == batch * area.rowStride)
      && !hasOther(place, steps)
  }

  /// Whether one of the steps of a place stands elsewhere.
  func hasOther(_ place: Schedule.Place, _ steps: Range<Int>) -> Bool {
    let view = view(place)
    return view.otherBase != nil && steps.contains(view.otherStep)
  }

  /// The states after the last step, `[B, width]` each.
  func finalStates(_ runnable: RunnableSchedule, _ arguments: PlanArguments) -> [Storage] {
    runnable.stateBuffers.map { number in
      let buffer = runnable.schedule.buffers[number]
      // The output of a single step may be all of a state.
      if buffer.output != nil, let storage = arguments.outputStorage { return storage }
      let area = areas[number]
      let last = (arguments.isReversed ? 0 : steps) & area.stepMask
      let storage = Storage(count: batch * buffer.width)
      copyRows(
        area.base + last * area.timeStride, stride: area.rowStride, rows: batch,
        width: buffer.width, into: storage.pointer, stride: buffer.width)
      return storage
    }
  }
}
