import Cells
import Requirements
import TensorCore
import Testing

/// A cell that is not in the registry.
private struct OwnCell: RecurrentCell {
  func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let gate = sigmoid(cell.affine(x, "ih.g") + cell.affine(h, "hh.g"))
    cell.update(h, to: (1 - gate) * h + gate * tanh(cell.affine(x, "ih.n") + softplus(h)))
  }
}

/// Each test counts what its own process asks the system for.
@Suite struct SteadyStateTests {
  /// A step of training with everything in it, again and again.
  private static func requireNoAllocation(_ cell: some RecurrentCell) {
    var generator = Philox(seed: 1)
    var layer = Recurrent(cell, inputSize: 24, hiddenSize: 32, layers: 2, using: &generator)
    let x = Tensor(normal: [20, 16, 24], using: &generator)
    func step() {
      let (_, gradients) = valueAndGradient(of: layer) { layer in
        let (output, state) = layer(x)
        return (output * output).sum() + state.hidden.sum()
      }
      layer.updateParameters { name, value in
        value = value - 1e-4 * (gradients[name] ?? Tensor(zeros: value.shape))
      }
    }
    requireSteadyState(step)
  }

  /// Soon ten steps in a row ask the system for no memory. How soon varies: blocks are given back in a
  /// dictionary's order, and threads may or may not need theirs at the same time.
  private static func requireSteadyState(_ step: () -> Void) {
    var asked: [Int] = []
    while asked.last != 0, asked.count < 30 {
      let before = MemoryPool.statistics.systemAllocations
      for _ in 0..<10 { step() }
      asked.append(MemoryPool.statistics.systemAllocations - before)
    }
    require(asked.last == 0, "blocks that came from the system in ten steps each: \(asked)")
  }

  @Test func trainingAnLSTMAllocatesNothing() async {
    await #expect(processExitsWith: .success) { Self.requireNoAllocation(LSTM()) }
  }

  @Test func trainingAGRUAllocatesNothing() async {
    await #expect(processExitsWith: .success) { Self.requireNoAllocation(GRU()) }
  }

  @Test func trainingACustomCellAllocatesNothing() async {
    await #expect(processExitsWith: .success) { Self.requireNoAllocation(OwnCell()) }
  }

  @Test func trainingAtMediumPrecisionAllocatesNothing() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      withPrecision(.medium) { Self.requireNoAllocation(LSTM()) }
    }
  }

  /// One step after the other, as in generation.
  @Test func singleStepsAllocateNothing() async {
    await #expect(processExitsWith: .success) {
      var generator = Philox(seed: 2)
      let cell = RecurrentStep(LSTM(), inputSize: 24, hiddenSize: 32, using: &generator)
      let x = Tensor(normal: [1, 24], using: &generator)
      var state = cell.zeroState(batch: 1)
      Self.requireSteadyState { (_, state) = cell(x, state) }
    }
  }
}
