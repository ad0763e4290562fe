import TensorCore

/// Consecutive rows of a parameter that belong to consecutive units, or to none, and the update of their traces.
struct TracePiece: Sendable {
  /// Among the gradient's targets: the parameters, and then the initial states.
  private let target: Int
  /// The parameter, if it is one.
  private let parameter: Int?
  /// The rows among the target's, and where the first one starts among all columns.
  let rows: Range<Int>
  private let column: Int
  let rowSize: Int
  /// The first row's unit.
  private let unit: Int
  /// The number of units of a state that has the unit.
  private let units: Int
  /// The states that have the unit: the rows of the traces.
  private let states: [Int]
  /// The number of all states.
  private let stateCount: Int

  /// The largest number of states of one width whose traces are advanced together.
  static let mostStates = TraceStep.mostStates

  /// All columns of a cell's traces, by target: the pieces of each in the order of its rows.
  static func all(
    of cell: CellGraph, _ map: UnitMap, learnsInitialState: Bool
  ) -> [[TracePiece]] {
    var (targets, column) = ([[TracePiece]](), 0)
    for (index, parameter) in cell.parameters.enumerated() {
      let rowSize = parameter.isSignal ? 1 : parameter.columns
      let rowCount = elementCount(of: parameter.shape) / max(1, rowSize)
      var pieces: [TracePiece] = []
      func add(_ row: Int, _ rows: Int, unit: Int = 0, units: Int = 0) {
        if rows == 0 { return }
        pieces.append(
          TracePiece(
            of: cell, target: index, parameter: index, row..<row + rows, column: column,
            rowSize: rowSize, unit: unit, units: units))
      }
      var row = 0
      for segment in map.segments where segment.parameter == index {
        add(row, segment.row - row)
        add(segment.row, segment.rows, unit: segment.unit, units: segment.width)
        row = segment.row + segment.rows
      }
      add(row, rowCount - row)
      targets.append(pieces)
      column += rowCount * rowSize
    }
    for (index, state) in cell.states.enumerated() where learnsInitialState {
      targets.append([
        TracePiece(
          of: cell, target: cell.parameters.count + index, parameter: nil, 0..<state.width,
          column: column, rowSize: 1, unit: 0, units: state.width)
      ])
      column += state.width
    }
    return targets
  }

  /// Advances the traces of a share of the target's rows in place and computes their gradient.
  ///
  /// - Parameters:
  ///   - direct: A row for each state, and the loss's, of `columns` floats each.
  ///   - factors: By each state before the steps, the derivatives of the states after them, and of the loss.
  ///   - outers: The outer products in the direct part of one step, in the order of the parameters and of their rows, as
  ///     factors with a row for each state, and the loss's. The direct part lacks those that are not written.
  func advance(
    _ share: Range<Int>, traces: Floats, direct: Floats, columns: Int, factors: TraceStep.Factors,
    outers: [PlanRun.Outer], gradient: GradientSums
  ) {
    func advance(_ part: Range<Int>, _ outer: PlanRun.Outer?) {
      if part.isEmpty { return }
      let first = part.lowerBound - rows.lowerBound
      let step = TraceStep(
        rows: part.count, width: rowSize, states: states, loss: stateCount, unit: unit + first,
        units: units, traces: traces + (column + first * rowSize), stride: columns,
        gradient: gradient.targets[target].floats + part.lowerBound * rowSize,
        adds: gradient.hasValues)
      if let outer {
        let sums = stateCount + 1
        let left = outer.left.memory + (part.lowerBound - outer.rows.lowerBound)
        step.run(
          factors,
          .product(
            left: StridedMatrix(
              left, rows: sums, columns: part.count, rowStride: outer.left.rowStride),
            right: StridedMatrix(
              outer.right.memory, rows: sums, columns: rowSize, rowStride: outer.right.rowStride)))
      } else {
        step.run(factors, .sum(direct + (column + first * rowSize), stride: columns))
      }
    }
    let shared = rows.clamped(to: share)
    var next = shared.lowerBound
    for index in outers.indices
    where outers[index].value == parameter && !outers[index].isWritten {
      let own = outers[index].rows.clamped(to: shared)
      if own.isEmpty { continue }
      advance(next..<own.lowerBound, nil)
      advance(own, outers[index])
      next = own.upperBound
    }
    advance(next..<shared.upperBound, nil)
  }
}

extension TracePiece {
  /// Some rows of a target whose columns start at `column`.
  private init(
    of cell: CellGraph, target: Int, parameter: Int?, _ rows: Range<Int>, column: Int,
    rowSize: Int, unit: Int, units: Int
  ) {
    self.init(
      target: target, parameter: parameter, rows: rows,
      column: column + rows.lowerBound * rowSize, rowSize: rowSize, unit: unit, units: units,
      states: cell.states.indices.filter { cell.states[$0].width == units },
      stateCount: cell.states.count)
  }
}
