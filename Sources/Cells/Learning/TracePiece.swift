import TensorCore

/// Consecutive rows of a parameter that belong to consecutive units, or to none, and the update of their traces.
struct TracePiece: Sendable {
  /// Among the gradient's targets: the parameters, and then the initial states.
  private let target: Int
  /// The parameter, if it is one.
  let parameter: Int?
  /// The first row, and where it starts among all columns.
  private let row: Int
  private let column: Int
  private let rows: Int
  private let rowSize: Int
  /// The first row's unit.
  private let unit: Int
  /// The states that have the unit: the rows of the traces.
  private let states: [Int]

  /// The largest number of states of one width whose traces are advanced together.
  static let mostStates = TraceStep.mostStates

  /// All columns of a cell's traces.
  static func all(
    of cell: CellGraph, _ map: UnitMap, learnsInitialState: Bool
  ) -> [TracePiece] {
    var pieces: [TracePiece] = []
    var column = 0
    func states(of width: Int) -> [Int] {
      cell.states.indices.filter { cell.states[$0].width == width }
    }
    for (index, parameter) in cell.parameters.enumerated() {
      let rowSize = parameter.isSignal ? 1 : parameter.columns
      let rowCount = elementCount(of: parameter.shape) / max(1, rowSize)
      func add(_ row: Int, _ rows: Int, _ unit: Int, _ states: [Int]) {
        if rows == 0 { return }
        pieces.append(
          TracePiece(
            target: index, parameter: index, row: row, column: column + row * rowSize, rows: rows,
            rowSize: rowSize, unit: unit, states: states))
      }
      var row = 0
      for segment in map.segments where segment.parameter == index {
        add(row, segment.row - row, 0, [])
        add(segment.row, segment.rows, segment.unit, states(of: segment.width))
        row = segment.row + segment.rows
      }
      add(row, rowCount - row, 0, [])
      column += rowCount * rowSize
    }
    for (index, state) in cell.states.enumerated() where learnsInitialState {
      pieces.append(
        TracePiece(
          target: cell.parameters.count + index, parameter: nil, row: 0, column: column,
          rows: state.width, rowSize: 1, unit: 0, states: states(of: state.width)))
      column += state.width
    }
    return pieces
  }

  /// The derivatives of the states after the steps, and of the loss, by each state before the steps.
  struct Factors {
    /// By state before the steps: a row for each state after them.
    let states: [Area]
    /// By state before the steps: the loss's row.
    let loss: [Area]

    /// The factors of one sum by a state: those of a state's new trace, or of the loss's gradient.
    func row(_ sum: Int, by state: Int) -> Floats {
      sum == states.count
        ? loss[state].memory : states[state].memory + sum * states[state].rowStride
    }
  }

  /// Advances the traces in place and adds to the gradient.
  ///
  /// - Parameters:
  ///   - direct: A row for each state, and the loss's, of `columns` floats each.
  ///   - outer: The factors of the direct part of one step, if that is an outer product. The loss's row follows
  ///     those of the states, in `factors` as well.
  func advance(
    traces: Floats, direct: Floats, columns: Int, factors: Factors, outer: PlanRun.Outer?,
    gradient: GradientSums
  ) {
    let base = gradient.targets[target].floats + row * rowSize
    let lossRow = factors.states.count
    if let outer {
      TraceStep(
        rows: rows, width: rowSize, states: states, lossRow: lossRow,
        traces: Area(traces + column, rowStride: columns), gradient: base,
        factors: states.map { factors.states[$0].units(from: unit) },
        left: outer.left.units(from: row), right: outer.right
      ).run()
      return
    }
    // Rows of one element are one row of them.
    let isVector = rowSize == 1
    let stride = isVector ? 0 : rowSize
    var operands = [ElementwiseOperand(base, rowStride: stride)]
    for state in states {
      operands.append(ElementwiseOperand(traces + (state * columns + column), rowStride: stride))
    }
    for sum in states + [lossRow] {
      for state in states {
        operands.append(
          ElementwiseOperand(
            factors.row(sum, by: state) + unit, rowStride: isVector ? 0 : 1,
            columnStride: isVector ? 1 : 0))
      }
      operands.append(ElementwiseOperand(direct + (sum * columns + column), rowStride: stride))
    }
    let (rows, width) = isVector ? (1, rows) : (rows, rowSize)
    let sums = states.count + 1
    ThreadTeam.split(rows, work: rows * width * sums * sums) { range in
      TracePrograms.all[states.count].run(operands, rows: range, width: width)
    }
  }
}

/// The programs that advance traces. Operands: the gradient; the traces; then, for each state's row and the loss's,
/// its factors and its direct part.
private enum TracePrograms {
  /// By the number of states.
  static let all = (0...TracePiece.mostStates).map(make)

  private static func make(states: Int) -> ElementwiseProgram {
    let gradient = 0
    var last = states
    func next() -> Expression {
      last += 1
      return .operand(last)
    }
    let sums = (0...states).map { row -> (operand: Int, value: Expression) in
      let isLoss = row == states
      var sum: Expression? = isLoss ? .operand(gradient) : nil
      // Factors precede the direct part, and are multiplied with the old traces.
      for state in 0..<states {
        let (factor, trace) = (next(), Expression.operand(1 + state))
        sum = sum.map { .apply(.multiplyAdd, factor, trace, $0) } ?? factor * trace
      }
      let direct = next()
      return (isLoss ? gradient : 1 + row, sum.map { $0 + direct } ?? direct)
    }
    return ElementwiseProgram(operands: last + 1, storing: sums)
  }
}
