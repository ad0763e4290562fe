import TensorCore

/// The influence of every parameter on its own unit: one trace for each state, in the parameters' shape.
///
/// Memory: K P floats for each sample, for a cell of K states and P parameters; a step costs about as much as
/// the forward and backward step. It is exact where the recurrence is elementwise; then a window is advanced as a
/// whole. For other cells it is SnAp-1, step by step: the traces omit the influence of a unit on other units, the
/// loss's own derivative does not.
///
/// Papers: M. Mozer, A focused backpropagation algorithm, 1989 (the elementwise case); J. Menick et al.,
/// Practical real time recurrent learning with a sparse approximation, ICLR 2021.
struct UnitInfluence: Influence {
  private let cell: CellGraph
  /// By target of the gradient.
  private let pieces: [[TracePiece]]
  /// Ones for each state, and the loss's row.
  private var rows: CotangentRows
  private let lossRow: CotangentRows
  private let parameterSize: Int
  private let columns: Int
  /// `[K, columns]` for each sample.
  private let samples: [Storage]
  /// The direct influence of the current steps: a row for each state, and the loss's.
  private let direct: Storage

  init(_ cell: CellGraph, _ map: UnitMap, batch: Int, learnsInitialState: Bool) {
    self.cell = cell
    rows = CotangentRows(onesForEachStateOf: cell, steps: 1)
    lossRow = CotangentRows(zeros: 1, steps: 1, cell)
    parameterSize = cell.parameterCount
    columns = parameterSize + (learnsInitialState ? cell.stateSize : 0)
    pieces = TracePiece.all(of: cell, map, learnsInitialState: learnsInitialState)
    samples = (0..<batch).map { [columns] _ in
      Storage(repeating: 0, count: cell.states.count * columns)
    }
    direct = Storage(repeating: 0, count: rows.count * columns)
    for sample in 0..<batch { reset(sample: sample) }
  }

  var size: Int { samples.count * cell.states.count * columns + direct.count }

  var savedArrays: [Storage] { samples }

  func matrix(ofSample sample: Int) -> Tensor? {
    let traces = samples[sample]
    return Tensor(storage: traces.copy(0..<traces.count), shape: [cell.states.count, columns])
  }

  mutating func reset(sample: Int) {
    let traces = samples[sample]
    traces.fill(0..<traces.count, with: 0)
    guard columns > parameterSize else { return }
    var column = parameterSize
    for (index, state) in cell.states.enumerated() {
      let start = index * columns + column
      traces.fill(start..<start + state.width, with: 1)
      column += state.width
    }
  }

  mutating func advance(
    _ window: EvaluatedWindow, sample: Int, outputs: Area?, into gradient: GradientSums,
    inputs: Area?
  ) {
    if window.ownTrail == nil {
      advanceExactly(window, sample, outputs, gradient, inputs)
    } else {
      var gradient = gradient
      for step in 0..<window.steps {
        advanceWithinUnits(window, step, sample, outputs, gradient, inputs)
        gradient.hasValues = true
      }
    }
  }

  private mutating func advanceExactly(
    _ window: EvaluatedWindow, _ sample: Int, _ outputs: Area?, _ gradient: GradientSums,
    _ inputs: Area?
  ) {
    if rows.steps != window.steps {
      rows = CotangentRows(onesForEachStateOf: cell, steps: window.steps)
    }
    rows.setLoss(outputs, from: 0)
    let result = window.pullBack(
      rows, from: 0, into: Floats(direct), stride: columns,
      returnsOuterFactors: window.steps == 1)
    let factors = TraceStep.Factors(
      states: result.rows(from: 0, cell), loss: result.rows(from: rows.count - 1, cell))
    advanceTraces(factors, result.outers, sample, gradient)
    window.release(result)
    if let inputs { rows.copyLossOfInput(to: inputs, from: 0) }
  }

  private func advanceWithinUnits(
    _ window: EvaluatedWindow, _ step: Int, _ sample: Int, _ outputs: Area?,
    _ gradient: GradientSums, _ inputs: Area?
  ) {
    let stateCount = cell.states.count
    rows.setLoss(nil, from: step)
    let own = window.own.pullBack(
      rows, from: step, into: Floats(direct), stride: columns)
    lossRow.setLoss(outputs, from: step)
    let loss = window.pullBack(
      lossRow, from: step, into: Floats(direct, offset: stateCount * columns),
      stride: columns)
    let factors = TraceStep.Factors(
      states: own.rows(from: 0, cell), loss: loss.rows(from: 0, cell))
    advanceTraces(factors, [], sample, gradient)
    if let inputs { lossRow.copyLossOfInput(to: inputs, from: step) }
  }

  /// Advances the traces and computes the gradient: every row is its direct part plus, unit by unit, the old traces
  /// times the row's factors.
  private func advanceTraces(
    _ factors: TraceStep.Factors, _ outers: [PlanRun.Outer], _ sample: Int,
    _ gradient: GradientSums
  ) {
    for row in 0..<rows.count where columns > parameterSize {
      direct.fill(row * columns + parameterSize..<(row + 1) * columns, with: 0)
    }
    for pieces in pieces {
      guard let last = pieces.indices.last else { continue }
      let rows = pieces[last].rows.upperBound
      ThreadTeam.split(rows, work: ThreadTeam.workOfWeight * rows * pieces[last].rowSize) { share in
        for index in pieces.indices {
          pieces[index].advance(
            share, traces: Floats(samples[sample]), direct: Floats(direct), columns: columns,
            factors: factors, outers: outers, gradient: gradient)
        }
      }
    }
  }
}
