import TensorCore

/// A schedule in the form that runs: its steps for the kernels, and facts that every run needs.
///
/// Runs share it by reference, since a loop of single steps starts one for each.
package final class RunnableSchedule: Sendable {
  package let schedule: Schedule
  /// Work that is done for all steps at once.
  struct Batched {
    let steps: StepSequence
    /// The places of each step.
    let places: [[Place]]

    init(_ steps: [Step]) { (self.steps, places) = (StepSequence(steps), steps.map(\.places)) }
  }

  /// A time loop, after work for all of its steps.
  struct Loop {
    let before: Batched
    let steps: StepSequence
    /// Its parts, if it runs through all steps of one sample before the next: where it has no products and works on
    /// matrices, these then stay in a cache.
    let parts: LoopParts?
  }

  let parameterStage, gathering: StepSequence
  let loops: [Loop]
  let after: Batched
  /// All work of one step, if none is done for all steps at once.
  let singleStep: StepSequence
  /// Whether a loop goes sample by sample.
  let goesBySample: Bool
  /// The buffers of runs that go step by step: signals that are read only within their step have memory for one step, such
  /// states for two.
  let buffersOfSingleSteps: [Schedule.Buffer]
  /// The floats that single steps keep for each sample and step.
  let keptWidth: Int
  /// For each buffer, whether something in it is kept.
  let isKept: [Bool]
  /// The buffers of all steps that are read within the run alone.
  let passing: Set<Int>
  /// Whether it is part of learning: something is kept for a backward pass, or gathered in one.
  let learns: Bool
  /// The buffers that steps read or write, and not only through a packed weight.
  let stepBuffers: Set<Int>
  /// The signals of each sum.
  let sources: [[Place]]
  /// Whether a sum reads what the steps after the loops write.
  let sumsReadAfter: Bool
  /// The numbers of the sums that are computed where outer products in gathered values are returned as their factors.
  let sumsBesideOuters: [Int]
  /// The buffer of each state.
  let stateBuffers: [Int]
  /// The approximate number of multiplications and additions for one sample and one step.
  let work: Int
  /// The number of weights that the products of one step multiply by.
  let weightCount: Int

  init(_ schedule: Schedule) {
    self.schedule = schedule
    parameterStage = StepSequence(schedule.parameterStage)
    let last = Schedule.Phase(before: schedule.before, loop: schedule.loop)
    let phases = schedule.earlier + [last]
    loops = phases.map {
      Loop(
        before: Batched($0.before), steps: schedule.loop($0.loop), parts: schedule.parts($0.loop))
    }
    goesBySample = loops.contains { $0.parts != nil }
    after = Batched(schedule.after)
    gathering = StepSequence(schedule.gathering)
    singleStep = StepSequence(
      schedule.earlierSteps + schedule.before + schedule.loop + schedule.after)
    let steps =
      schedule.parameterStage + schedule.earlierSteps + schedule.before + schedule.loop
      + schedule.after + schedule.gathering
    stepBuffers = Set(steps.flatMap(\.places).map(\.area))
    var isKept = schedule.buffers.map { _ in false }
    for place in schedule.kept { isKept[place.area] = true }
    self.isKept = isKept
    learns = !schedule.kept.isEmpty || !schedule.gatheredRows.isEmpty
    buffersOfSingleSteps = schedule.buffersOfSingleSteps(isKept: isKept)
    keptWidth = buffersOfSingleSteps.reduce(0) { width, buffer in
      buffer.kind == .everyStep || buffer.keepsHistory ? width + buffer.width : width
    }
    let states = schedule.buffers.filter {
      if case .state = $0.kind { true } else { false }
    }
    stateBuffers = states.indices.map { schedule.buffer(ofState: $0) }
    let outerSums = schedule.gatheredOuters.compactMap(\.sum)
    sources = schedule.sums.map(\.sources)
    let later = Set(schedule.after.flatMap(\.written).map { schedule.memory(ofArea: $0.area) })
    sumsReadAfter = schedule.sums.flatMap(\.sources).contains {
      later.contains(schedule.memory(ofArea: $0.area))
    }
    sumsBesideOuters = schedule.sums.indices.filter { !outerSums.contains($0) }
    work = schedule.work
    weightCount = schedule.weightCount
    passing = Set(
      schedule.buffers.indices.filter { schedule.buffers[$0].kind == .everyStep && !isKept[$0] })
  }
}

extension Schedule {
  /// The buffers of runs that go step by step: those that are neither kept nor gathered from later have one step, or two.
  fileprivate func buffersOfSingleSteps(isKept: [Bool]) -> [Schedule.Buffer] {
    var isReadLater = isKept
    for place in sums.flatMap(\.sources) + gathering.flatMap(\.places) {
      isReadLater[place.area] = true
    }
    return zip(buffers, isReadLater).map { buffer, isReadLater in
      var buffer = buffer
      if isReadLater { return buffer }
      if buffer.kind == .everyStep { buffer.kind = .oneStep }
      buffer.keepsHistory = false
      return buffer
    }
  }

  /// A loop's steps: those of units that are independent of each other go block by block of units.
  fileprivate func loop(_ steps: [Step]) -> StepSequence {
    let isUnitsFirst = steps.actsOnUnitsAlone(memory: memory(ofArea:))
    return StepSequence(steps, order: isUnitsFirst ? .unitsFirst : .stepByStep)
  }

  /// The number of an area, or of another one in whose memory it is: a state may live in an output.
  func memory(ofArea area: Int) -> Int {
    guard let output = buffers[area].output else { return area }
    return buffers.firstIndex { $0.kind == .output(output) } ?? area
  }

  /// The parts of a loop that takes the samples one by one; nil for another.
  fileprivate func parts(_ loop: [Step]) -> LoopParts? {
    guard loop.worksOnMatrices else { return nil }
    let scratch = buffers.indices.filter { buffers[$0].kind == .oneStep }
    return LoopParts(loop, buffers, scratch: Set(scratch), memory: memory(ofArea:))
  }
}

extension [Step] {
  /// Whether there are no products among the steps, but work on matrices of many units.
  fileprivate var worksOnMatrices: Bool {
    let many = 1024
    let isWide = contains { step in
      switch step {
      case .rowProducts(let matrices, _, _, _, _), .weightedRows(let matrices, _, _, _):
        matrices.columns >= many
      case .program(let program): program.tile != nil && program.width >= many
      default: false
      }
    }
    return isWide
      && allSatisfy { step in
        switch step {
        case .product, .pickedRows: false
        default: true
        }
      }
  }
}
