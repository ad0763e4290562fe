import TensorCore

/// Rows of cotangents by which one step of one sample is pulled back, all at once.
///
/// A row has a cotangent of the output and one of every state after the step. The last row is that of the
/// loss: it has the cotangent of the output and zeros for the states. The rows before it ask how the
/// states after the step depend on what was there before it.
struct CotangentRows: Sendable {
  /// The number of rows, N.
  let count: Int
  /// `[N, output units]`.
  let output: Storage
  /// `[N, width]` for each state.
  let states: [Storage]
  /// The result for the input, `[N, I]`.
  let input: Storage
  private let outputSize: Int
  private let inputSize: Int

  /// Rows of zeros.
  init(zeros count: Int, _ cell: CellGraph) {
    self.count = count
    (outputSize, inputSize) = (cell.outputSize, cell.inputSize)
    output = Storage(zeros: count * cell.outputSize)
    states = cell.states.map { Storage(zeros: count * $0.width) }
    input = Storage(zeros: count * cell.inputSize)
  }

  /// A row for each unit of each state, with a one in its place, and the loss's.
  init(oneHot cell: CellGraph) {
    self.init(zeros: cell.stateSize + 1, cell)
    var row = 0
    for (index, state) in cell.states.enumerated() {
      for unit in 0..<state.width {
        states[index].pointer[row * state.width + unit] = 1
        row += 1
      }
    }
  }

  /// Sets the loss's cotangent of the output; nil stands for zeros.
  func setLoss(_ cotangent: UnsafePointer<Float>?) {
    let row = output.pointer + (count - 1) * outputSize
    if let cotangent {
      row.update(from: cotangent, count: outputSize)
    } else {
      row.update(repeating: 0, count: outputSize)
    }
  }

  /// The loss's cotangent of the input, through the step alone.
  var lossOfInput: UnsafePointer<Float> {
    UnsafePointer(input.pointer + (count - 1) * inputSize)
  }
}

extension CellGraph {
  /// The number of units of all states.
  var stateSize: Int { states.reduce(0) { $0 + $1.width } }

  /// The number of elements of all parameters.
  var parameterSize: Int { parameters.reduce(0) { $0 + elementCount(of: $1.shape) } }
}

extension Storage {
  convenience init(zeros count: Int) {
    self.init(count: count)
    pointer.update(repeating: 0, count: count)
  }
}
