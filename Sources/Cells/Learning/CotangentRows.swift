import TensorCore

/// Rows of cotangents that are pulled back through steps of one sample together.
///
/// A row has a cotangent of the output at each step, and one of every state after the last step. The last row is
/// the loss's: it has the loss's cotangents of the output, and zeros for the states. The rows before it give the
/// derivatives of the states after the steps.
struct CotangentRows: Sendable {
  /// The number of rows, N.
  let count: Int
  /// The number of steps, T.
  let steps: Int
  /// `[T, N, output units]`.
  let output: Storage
  /// `[N, width]` for each state.
  let states: [Storage]
  /// The result for the input, `[T, N, I]`.
  let input: Storage
  private let outputSize: Int
  private let inputSize: Int

  /// Rows of zeros.
  init(zeros count: Int, steps: Int, _ cell: CellGraph) {
    self.count = count
    self.steps = steps
    (outputSize, inputSize) = (cell.outputSize, cell.inputSize)
    output = Storage(repeating: 0, count: steps * count * cell.outputSize)
    states = cell.states.map { Storage(repeating: 0, count: count * $0.width) }
    input = Storage(repeating: 0, count: steps * count * cell.inputSize)
  }

  /// A row for each unit of each state, with 1 for that unit, and the loss's row.
  init(oneHot cell: CellGraph, steps: Int) {
    self.init(zeros: cell.stateSize + 1, steps: steps, cell)
    setDiagonal(Array(repeating: 1, count: cell.stateSize), cell)
  }

  /// A row for each state, with 1 for all of its units, and the loss's row.
  init(onesForEachStateOf cell: CellGraph, steps: Int) {
    self.init(zeros: cell.states.count + 1, steps: steps, cell)
    for (index, state) in cell.states.enumerated() {
      states[index].fill(index * state.width..<(index + 1) * state.width, with: 1)
    }
  }

  /// Sets the cotangent of state unit k in row k.
  func setDiagonal(_ values: [Float], _ cell: CellGraph) {
    var row = 0
    for (index, state) in cell.states.enumerated() {
      for unit in 0..<state.width {
        states[index][row * state.width + unit] = values[row]
        row += 1
      }
    }
  }

  /// Sets the loss's cotangents of the output at the steps from `first` on; nil stands for zeros.
  func setLoss(_ cotangents: Area?, from first: Int) {
    let rows = Floats(output, offset: (count - 1) * outputSize)
    if let cotangents {
      copyRows(
        cotangents.memory + first * cotangents.timeStride, stride: cotangents.timeStride,
        rows: steps, width: outputSize, into: rows, stride: count * outputSize)
    } else {
      for step in 0..<steps { fill(rows + step * count * outputSize, count: outputSize, with: 0) }
    }
  }

  /// Writes the loss's cotangents of the input at the steps from `first` on.
  func copyLossOfInput(to target: Area, from first: Int) {
    copyRows(
      Floats(input, offset: (count - 1) * inputSize), stride: count * inputSize, rows: steps,
      width: inputSize, into: target.memory + first * target.timeStride, stride: target.timeStride)
  }
}

extension CellGraph {
  /// The number of units of all states.
  var stateSize: Int { states.reduce(0) { $0 + $1.width } }
}
