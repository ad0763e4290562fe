import TensorCore

/// A schedule in the form that runs: its steps for the kernels, and what every run asks of them.
///
/// Runs share it by reference, since a loop of single steps starts one for each.
package final class RunnableSchedule: Sendable {
  package let schedule: Schedule
  /// The steps by stage; sums over samples and steps are not among them.
  let parameterStage, before, loop, after, gathering: StepSequence
  /// All that one step takes, if nothing is done for all steps at once.
  let singleStep: StepSequence
  /// The floats that products for all steps read of weights, and write for each sample and step.
  let hoistedWeights, hoistedSignals: Int
  /// The buffers where all of a step is done within it: signals that nobody reads at other times than the
  /// step's own need no memory for other steps.
  let buffersOfSingleSteps: [Schedule.Buffer]
  /// For each buffer, whether something in it is kept.
  let isKept: [Bool]
  /// The buffer of each state.
  let stateBuffers: [Int]
  /// Multiplications and additions for one sample and one step, about.
  let work: Int
  /// Whether everything gathered is a plain sum, to which further sums can be added in place.
  let gathersPlainSums: Bool

  init(_ schedule: Schedule) {
    self.schedule = schedule
    func sequence(_ steps: [Schedule.Step]) -> StepSequence {
      StepSequence(steps.compactMap(\.signalStep))
    }
    parameterStage = sequence(schedule.parameterStage)
    before = sequence(schedule.before)
    loop = sequence(schedule.loop)
    after = sequence(schedule.after)
    gathering = sequence(schedule.gathering)
    singleStep = sequence(schedule.before + schedule.loop + schedule.after)
    let products = (schedule.before + schedule.after).compactMap { step in
      if case .product(let product) = step { schedule.packings[product.weight] } else { nil }
    }
    hoistedWeights = products.reduce(0) { $0 + $1.n * $1.k }
    hoistedSignals = products.reduce(0) { $0 + $1.n }
    var isKept = schedule.buffers.map { _ in false }
    for place in schedule.kept { isKept[place.buffer] = true }
    self.isKept = isKept
    var outlives = isKept
    for place in schedule.gathering.flatMap(\.places) { outlives[place.buffer] = true }
    buffersOfSingleSteps = zip(schedule.buffers, outlives).map { buffer, outlives in
      var buffer = buffer
      if buffer.kind == .everyStep, !outlives { buffer.kind = .oneStep }
      return buffer
    }
    let states = schedule.buffers.filter {
      if case .state = $0.kind { true } else { false }
    }
    stateBuffers = states.indices.map { index in
      schedule.buffers.firstIndex { $0.kind == .state(index) } ?? 0
    }
    work = schedule.work
    gathersPlainSums = schedule.gathering.allSatisfy { step in
      guard step.gatheredWidth != nil, let target = step.places.last else { return false }
      if case .gathered = schedule.buffers[target.buffer].kind { return true }
      return false
    }
  }
}

extension Schedule.Place {
  /// The place for the kernels.
  var signalPlace: SignalPlace {
    let slot: SignalPlace.Slot =
      switch self.slot {
      case .current: .current
      case .previous: .previous
      case .next: .next
      }
    return SignalPlace(area: buffer, slot: slot, offset: offset, rows: rows, columns: columns)
  }
}

extension Schedule.Step {
  /// The step for the kernels; nil for sums over samples and steps.
  fileprivate var signalStep: SignalStep? {
    switch self {
    case .fused(let fused):
      .program(
        fused.program, fused.operands.map(\.signalPlace), width: fused.width,
        matrixRows: fused.rows ?? 0)
    case .product(let product):
      .product(
        signal: product.signal.signalPlace, weight: product.weight,
        bias: product.bias?.signalPlace, accumulates: product.accumulate,
        destination: product.destination.signalPlace)
    case .rowSum(let a, let b): .rowSum(a.signalPlace, into: b.signalPlace)
    case .rowMaximum(let a, let b): .rowMaximum(a.signalPlace, into: b.signalPlace)
    case .cumulativeSum(let a, let isReversed, let b):
      .cumulativeSum(a.signalPlace, isReversed: isReversed, into: b.signalPlace)
    case .transpose(let a, let b): .transpose(a.signalPlace, into: b.signalPlace)
    case .identity(let a): .identity(into: a.signalPlace)
    case .outer, .total: nil
    }
  }

  /// The places of the signals that a step reads and writes.
  var places: [Schedule.Place] {
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
