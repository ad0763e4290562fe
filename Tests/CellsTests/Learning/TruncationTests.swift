import Cells
import TensorCore
import Testing

/// The engines that go back in time, on a leash of one kind or another.
@Suite struct TruncationTests {
  /// Float32 through six steps, sums in another order.
  static let tolerance: Float = 1e-5

  @Test(arguments: [1, 2, 3, 4, 6, 9])
  func checkpointsChangeNothing(_ count: Int) {
    let stream = Stream(LSTM(), batch: 3, layers: 2, layout: .batchFirst)
    let expected = stream.throughTime(lengths: [6, 1, 4])
    let memory = RecurrentMemory(
      of: stream.layer, engine: .checkpointed(every: count), batch: 3, learnsInitialState: true)
    expectSame(
      stream.inWindows([6], with: memory, lengths: [6, 1, 4]), expected, within: Self.tolerance)
  }

  /// A way back that reaches the start of the sequence is backpropagation through time.
  @Test(arguments: [1, 2, 3])
  func truncationBeyondTheStartIsBackpropagation(_ window: Int) {
    let stream = Stream(GRU(), layers: 2)
    let memory = stream.memory(.tbptt(every: window, through: 6))
    let windows = Array(repeating: window, count: 6 / window)
    expectSame(
      stream.inWindows(windows, with: memory), stream.throughTime(), within: Self.tolerance)
  }

  /// Each window's loss is followed back through so many steps, and no further.
  @Test func truncationEndsTheWayBack() {
    let stream = Stream(LSTM())
    let memory = stream.memory(.tbptt(every: 1, through: 3))
    let found = stream.inWindows([1, 1, 1, 1, 1, 1], with: memory)
    var expected: [String: Tensor] = [:]
    for step in 0..<6 {
      let start = max(0, step - 2)
      let gradients = valueAndGradient(of: stream) { stream in
        let before =
          start == 0
          ? stream.initial
          : stream.layer(stream.input.slice(0..<start), from: stream.initial).state.detached()
        let output = stream.layer(stream.input.slice(start..<step + 1), from: before).output
        return
          (output.slice(step - start..<step - start + 1)
          * stream.weights.slice(step..<step + 1)).sum()
      }.gradients
      for name in gradients.names {
        guard let gradient = gradients[name] else { continue }
        expected[name] = expected[name].map { $0 + gradient } ?? gradient
      }
    }
    for (name, gradient) in expected {
      expectClose(
        found[name]?.scalars ?? [], gradient.scalars, within: Self.tolerance, floor: 1e-2, name)
    }
  }

  /// Windows of plain backpropagation carry the state, and nothing else.
  @Test func windowsCarryTheState() {
    let stream = Stream(GRU())
    let memory = stream.memory(.bptt)
    _ = stream.layer(stream.input.slice(0..<4), with: memory, startingFrom: stream.initial)
    let (_, state) = stream.layer(stream.input.slice(0..<4), from: stream.initial)
    #expect(memory.state.hidden.scalars == state.hidden.scalars)
  }
}
