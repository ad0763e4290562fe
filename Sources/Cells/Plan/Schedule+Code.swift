import TensorCore

extension Schedule {
  /// The steps in the form that runs, by stage; sums over samples and steps are not among them.
  package struct Code: Sendable {
    package var parameterStage = StepSequence([])
    package var before = StepSequence([])
    package var loop = StepSequence([])
    package var after = StepSequence([])
    package var gathering = StepSequence([])
  }

  /// Makes the form that runs from the steps, once all are there.
  mutating func finish() {
    func sequence(_ steps: [Step]) -> StepSequence { StepSequence(steps.compactMap(\.signalStep)) }
    code = Code(
      parameterStage: sequence(parameterStage), before: sequence(before), loop: sequence(loop),
      after: sequence(after), gathering: sequence(gathering))
    isKept = buffers.map { _ in false }
    for place in kept { isKept[place.buffer] = true }
    let states = buffers.indices.filter {
      if case .state = buffers[$0].kind { true } else { false }
    }
    stateBuffers = states.indices.map { index in
      buffers.firstIndex { $0.kind == .state(index) } ?? 0
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
