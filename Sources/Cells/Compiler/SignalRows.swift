import Requirements
import TensorCore

/// A signal of single steps, `[steps, B, width]`.
struct SignalRows {
  private let shape: [Int]
  private let count: Int
  private let memory: Storage
  /// The bits of a step's number that are used.
  private let stepMask: Int

  /// Memory for a number of steps, or for the last two by turns.
  init(batch: Int, width: Int, steps: Int?) {
    (shape, count) = ([batch, width], batch * width)
    memory = Storage(count: (steps ?? 2) * batch * width)
    stepMask = steps == nil ? 1 : -1
  }

  var area: Area {
    var area = Area(Floats(memory), timeStride: count, rowStride: shape[1])
    area.stepMask = stepMask
    return area
  }

  /// A step's rows, one after the other.
  func rows(_ step: Int) -> Floats { Floats(memory, offset: (step & stepMask) * count) }

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
  let states: [Floats]

  /// From the given states; from what is written before the first step without them.
  init(_ cell: CellGraph, batch: Int, steps: Int, from states: [Tensor] = []) {
    input = SignalRows(batch: batch, width: cell.inputSize, steps: steps)
    output = SignalRows(batch: batch, width: cell.outputSize, steps: steps)
    self.states = states.map(\.elements)
  }

  /// Signals of the last two steps by turns, from the given states.
  init(_ cell: CellGraph, batch: Int, reading input: SignalRows, from states: [Floats]) {
    self.input = input
    output = SignalRows(batch: batch, width: cell.outputSize, steps: nil)
    self.states = states
  }

  func sequence(_ index: Int) -> Area { input.area }
  func output(_ index: Int) -> Area { output.area }
  func initialState(_ index: Int) -> Floats? { states.isEmpty ? nil : states[index] }
  func gathered(_ index: Int) -> Floats { failure("a forward pass gathers nothing") }
}
