import TensorCore

/// The influence of every parameter on its own unit: one trace for each state, in the parameters' shape.
///
/// Memory: K P floats a sample for a cell of K states and P parameters; a step costs about as much as
/// the forward and backward step. It is exact where the recurrence is elementwise. For other cells it is
/// SnAp-1: what a unit does to others on the way is left out of the traces, but not of the loss's part.
///
/// Papers: M. Mozer, A focused backpropagation algorithm, 1989 (the elementwise case); J. Menick et al.,
/// Practical real time recurrent learning with a sparse approximation, ICLR 2021.
struct UnitInfluence: Influence {
  private let cell: CellGraph
  private let segments: [UnitMap.Segment]
  /// Ones for each state, and the loss's row.
  private let rows: CotangentRows
  private let lossRow: CotangentRows
  private let parameterSize: Int
  private let columns: Int
  private var samples: [Storage]
  private var next: Storage

  init(_ cell: CellGraph, _ map: UnitMap, batch: Int, learnsInitialState: Bool) {
    self.cell = cell
    rows = CotangentRows(onesForEachStateOf: cell)
    lossRow = CotangentRows(zeros: 1, cell)
    parameterSize = cell.parameterSize
    columns = parameterSize + (learnsInitialState ? cell.stateSize : 0)
    var segments = map.segments
    if learnsInitialState {
      var column = parameterSize
      for state in cell.states {
        segments.append(
          .init(column: column, rows: state.width, rowSize: 1, unit: 0, width: state.width))
        column += state.width
      }
    }
    self.segments = segments
    let count = rows.count * columns
    samples = (0..<batch).map { _ in Storage(zeros: count) }
    next = Storage(zeros: count)
    for sample in 0..<batch { forget(sample: sample) }
  }

  var size: Int { (samples.count + 1) * rows.count * columns }

  mutating func forget(sample: Int) {
    let traces = samples[sample].pointer
    traces.update(repeating: 0, count: samples[sample].count)
    guard columns > parameterSize else { return }
    var column = parameterSize
    for (index, state) in cell.states.enumerated() {
      (traces + index * columns + column).update(repeating: 1, count: state.width)
      column += state.width
    }
  }

  mutating func advance(
    _ window: EvaluatedWindow, step: Int, sample: Int, outputCotangent: UnsafePointer<Float>?
  ) -> StepGradient {
    let last = rows.count - 1
    let isExact = window.ownPlan == nil
    rows.setLoss(isExact ? outputCotangent : nil)
    let factors = window.own.pullBack(
      rows, step: step, sample: sample, into: next.pointer, stride: columns)
    var lossFactors = factors.enumerated().map { index, factor in
      UnsafePointer(factor.pointer + last * cell.states[index].width)
    }
    var owners: [Storage] = []
    if !isExact {
      lossRow.setLoss(outputCotangent)
      owners = window.pullBack(
        lossRow, step: step, sample: sample, into: next.pointer + last * columns, stride: columns)
      lossFactors = owners.map { UnsafePointer($0.pointer) }
    }
    for row in 0..<rows.count where columns > parameterSize {
      (next.pointer + row * columns + parameterSize)
        .update(repeating: 0, count: columns - parameterSize)
    }
    let old = samples[sample].pointer
    for row in 0..<last {
      let own = factors.enumerated().map { index, factor in
        UnsafePointer(factor.pointer + row * cell.states[index].width)
      }
      add(own, old, toRow: row)
    }
    add(lossFactors, old, toRow: last)
    withExtendedLifetime((factors, owners)) {}
    swap(&samples[sample], &next)
    let loss = samples[sample].pointer + last * columns
    return StepGradient(
      parameters: loss, initialStates: columns > parameterSize ? loss + parameterSize : nil,
      input: (isExact ? rows : lossRow).lossOfInput)
  }

  /// next[row] += the sum over the states of factor · trace, unit by unit.
  private func add(
    _ factors: [UnsafePointer<Float>], _ old: UnsafeMutablePointer<Float>, toRow row: Int
  ) {
    withUnsafeTemporaryAllocation(of: ElementwiseOperand.self, capacity: 3) { operands in
      guard let base = operands.baseAddress else { return }
      for segment in segments {
        for (index, state) in cell.states.enumerated() where state.width == segment.width {
          // Rows of single elements are one row of them.
          let isVector = segment.rowSize == 1
          let stride = isVector ? 0 : segment.rowSize
          let target = next.pointer + row * columns + segment.column
          (base + 0).initialize(to: ElementwiseOperand(target, rowStride: stride))
          (base + 1).initialize(
            to: ElementwiseOperand(
              reading: factors[index] + segment.unit, rowStride: isVector ? 0 : 1,
              columnStride: isVector ? 1 : 0))
          (base + 2).initialize(
            to: ElementwiseOperand(old + index * columns + segment.column, rowStride: stride))
          ElementwiseProgram.addProduct.run(
            operands: base, rows: isVector ? 1 : segment.rows,
            width: isVector ? segment.rows : segment.rowSize)
        }
      }
    }
  }
}

extension CotangentRows {
  /// A row for each state, with ones for all of its units, and the loss's.
  init(onesForEachStateOf cell: CellGraph) {
    self.init(zeros: cell.states.count + 1, cell)
    for (index, state) in cell.states.enumerated() {
      (states[index].pointer + index * state.width).update(repeating: 1, count: state.width)
    }
  }
}

extension ElementwiseProgram {
  /// Operand 0 += operand 1 · operand 2.
  fileprivate static let addProduct = ElementwiseProgram(
    [
      .load(operand: 0, to: 0), .load(operand: 1, to: 1), .load(operand: 2, to: 2),
      ElementwiseInstruction(.multiplyAdd, 1, 2, 0, to: 3), .store(3, operand: 0),
    ], constants: [], operandCount: 3)
}
