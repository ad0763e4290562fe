import Requirements
import TensorCore

/// A signal of single steps, `[steps, B, width]`.
struct SignalRows {
  private let shape: [Int]
  private let count: Int
  private let memory: Storage

  init(batch: Int, width: Int, steps: Int) {
    (shape, count) = ([batch, width], batch * width)
    memory = Storage(count: steps * batch * width)
  }

  var area: Area { Area(Floats(memory), timeStride: count, rowStride: shape[1]) }

  /// A step's rows, one after the other.
  func rows(_ step: Int) -> Floats { Floats(memory, offset: step * count) }

  /// Sets a step's rows; nil stands for zeros.
  func write(_ values: Floats?, _ step: Int) { copyRow(values, count: count, into: rows(step)) }

  /// A copy of a step's rows.
  func tensor(_ step: Int) -> Tensor {
    Tensor(uninitialized: shape) { copyRow(rows(step), count: count, into: $0) }
  }
}

/// The signals of a forward pass of single steps.
struct SingleStepSignals: PlanSignals {
  let input, output: SignalRows
  let states: [Tensor]

  /// From the given states; from what is written before the first step without them.
  init(_ cell: CellGraph, batch: Int, steps: Int, from states: [Tensor] = []) {
    input = SignalRows(batch: batch, width: cell.inputSize, steps: steps)
    output = SignalRows(batch: batch, width: cell.outputSize, steps: steps)
    self.states = states
  }

  func sequence(_ index: Int) -> Area { input.area }
  func output(_ index: Int) -> Area { output.area }
  func initialState(_ index: Int) -> Floats? { states.isEmpty ? nil : states[index].elements }
  func gathered(_ index: Int) -> Floats { failure("a forward pass gathers nothing") }
}
