import Cells
import TensorCore
import Testing

/// Single steps in inference, whose memory is kept from step to step, against the layer over the whole sequence.
@Suite struct SingleStepTests {
  static let cells: [any RecurrentCell & Sendable] = [
    RNN(), LSTM(), GRU(), LSTM(hasPeepholes: true), SRU(), GatedDeltaNet(heads: 2), S6(),
  ]

  private static func layer(
    _ cell: some RecurrentCell, layers: Int = 1, _ options: Recurrent.Options = .init(),
    direction: Recurrent.Direction = .forward
  ) -> Recurrent {
    var generator = Philox(seed: 31)
    return Recurrent(
      cell, inputSize: 8, hiddenSize: 8, layers: layers, direction: direction, options: options,
      using: &generator)
  }

  private static func input(steps: Int, batch: Int) -> Tensor {
    var generator = Philox(seed: 32)
    return Tensor(normal: [steps, batch, 8], using: &generator)
  }

  /// The outputs of single steps, and the states after the last one.
  private static func outputs(
    of layer: Recurrent, _ x: Tensor, from start: RecurrentState
  ) -> (outputs: [Float], state: RecurrentState) {
    var (outputs, state) = ([Float](), start)
    for step in 0..<x.shape[0] {
      let output: Tensor
      (output, state) = layer(x.slice(step..<step + 1), from: state)
      outputs += output.scalars
    }
    return (outputs, state)
  }

  @Test(arguments: cells.indices, [1, 3])
  func stepsAreTheSequence(_ cell: Int, batch: Int) {
    let layer = Self.layer(Self.cells[cell], layers: 3)
    let x = Self.input(steps: 5, batch: batch)
    let (whole, last) = layer(x)
    let (outputs, state) = Self.outputs(of: layer, x, from: layer.zeroState(batch: batch))
    expectClose(outputs, whole.scalars, within: 1e-5, "output")
    for (one, other) in zip(state.tensors, last.tensors) {
      #expect(one.shape == other.shape)
      expectClose(one.scalars, other.scalars, within: 1e-5, "state")
    }
  }

  /// Layers of different sizes share the tensors of their states.
  @Test func layersOfDifferentSizes() {
    var options = Recurrent.Options()
    options.layerSizes = [5, 8, 3]
    let layer = Self.layer(LSTM(), layers: 3, options)
    let x = Self.input(steps: 4, batch: 2)
    let (whole, last) = layer(x)
    let (outputs, state) = Self.outputs(of: layer, x, from: layer.zeroState(batch: 2))
    expectClose(outputs, whole.scalars, within: 1e-5, "output")
    expectClose(state.hidden.scalars, last.hidden.scalars, within: 1e-5, "hidden")
  }

  /// The reverse direction of one step is the same step.
  @Test func oneStepHasNoDirection() {
    let (forward, reverse) = (Self.layer(GRU()), Self.layer(GRU(), direction: .reverse))
    let x = Self.input(steps: 1, batch: 2)
    let state = forward.zeroState(batch: 2)
    #expect(forward(x, from: state).output.scalars == reverse(x, from: state).output.scalars)
  }

  /// Sequences of other numbers of samples by turns each continue where they were.
  @Test func sequencesByTurns() {
    let layer = Self.layer(LSTM(), layers: 2)
    let inputs = [1, 4, 1, 2].map { Self.input(steps: 6, batch: $0) }
    let alone = inputs.map {
      Self.outputs(of: layer, $0, from: layer.zeroState(batch: $0.shape[1])).outputs
    }
    var states = inputs.map { layer.zeroState(batch: $0.shape[1]) }
    var outputs = [[Float]](repeating: [], count: inputs.count)
    for step in 0..<6 {
      for (index, x) in inputs.enumerated() {
        let output: Tensor
        (output, states[index]) = layer(x.slice(step..<step + 1), from: states[index])
        outputs[index] += output.scalars
      }
    }
    #expect(outputs == alone)
  }

  /// A step after a change of the weights has the new ones, and states that were returned before stay what they are.
  @Test func changedWeights() {
    var layer = Self.layer(GRU())
    let x = Self.input(steps: 1, batch: 2)
    let (before, state) = layer(x, from: layer.zeroState(batch: 2))
    let (first, kept) = (before.scalars, state.hidden.scalars)
    layer.updateParameters { _, value in value = value * 0.5 }
    let (after, _) = layer(x, from: layer.zeroState(batch: 2))
    #expect(after.scalars != first)
    let (twice, _) = layer(concatenate([x, x], along: 0))
    expectClose(after.scalars, twice.at(0).scalars, within: 1e-6, "output")
    #expect(before.scalars == first && state.hidden.scalars == kept)
  }

  /// Threads take steps of one layer at the same time.
  @Test func threadsTakeStepsAtTheSameTime() async {
    let layer = Self.layer(LSTM(), layers: 2)
    let x = Self.input(steps: 60, batch: 1)
    let expected = Self.outputs(of: layer, x, from: layer.zeroState(batch: 1)).outputs
    await withTaskGroup(of: [Float].self) { group in
      for _ in 0..<4 {
        group.addTask { Self.outputs(of: layer, x, from: layer.zeroState(batch: 1)).outputs }
      }
      for await outputs in group { #expect(outputs == expected) }
    }
  }

  // MARK: In one memory

  private static func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

  /// Steps in one memory against steps from tensor to tensor, to the bit, with the states after each.
  private func expectSteps(_ layer: Recurrent, batch: Int, steps: Int = 5, seed: UInt64 = 33) {
    var generator = Philox(seed: seed)
    var state = layer.zeroState(batch: batch)
    for name in state.names { state[name] = Tensor(normal: state[name].shape, using: &generator) }
    let x = Tensor(normal: [steps, batch, layer.inputSize], using: &generator)
    let inOneMemory = RecurrentSteps(layer, batch: batch, from: state)
    for (one, other) in zip(inOneMemory.state.tensors, layer.zeroState(batch: batch).tensors) {
      #expect(one.shape == other.shape)
    }
    for step in 0..<steps {
      let input = x.slice(step..<step + 1)
      let output: Tensor
      (output, state) = layer(input, from: state)
      let rows = inOneMemory { copyRow(input.elements, count: input.count, into: $0) }
      #expect(Self.bits(rows.array(output.count)) == Self.bits(output.scalars), "step \(step)")
      for (name, (one, other)) in zip(
        state.names, zip(inOneMemory.state.tensors, state.tensors))
      {
        #expect(Self.bits(one.scalars) == Self.bits(other.scalars), "\(name), step \(step)")
      }
    }
  }

  @Test(arguments: CellRegistry.standard.entries.map(\.name), [1, 3])
  func stepsInOneMemory(_ name: String, batch: Int) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let size = try #require(cell.suitableHiddenSize(from: 8, inputSize: 8))
    var generator = Philox(seed: 34)
    expectSteps(
      Recurrent(cell, inputSize: 8, hiddenSize: size, using: &generator), batch: batch)
  }

  @Test func layersInOneMemory() {
    var sizes = Recurrent.Options()
    sizes.layerSizes = [5, 8, 3]
    var options = [Recurrent.Options](repeating: .init(), count: 2)
    options[0].connection = .residual
    options[1].block = Recurrent.Block()
    for batch in [1, 2] {
      expectSteps(Self.layer(LSTM(), layers: 3, sizes), batch: batch)
      for options in options { expectSteps(Self.layer(GRU(), layers: 3, options), batch: batch) }
      expectSteps(Self.layer(GatedDeltaNet(heads: 2), layers: 2), batch: batch)
      expectSteps(Self.layer(LSTM(), layers: 2, direction: .reverse), batch: batch)
    }
  }

  /// Large states, and products that threads share.
  @Test func largeLayersInOneMemory() {
    var generator = Philox(seed: 35)
    for cell: any RecurrentCell in [LSTM(), GRU(), GatedDeltaNet(heads: 2), RWKV7(heads: 2)] {
      expectSteps(
        Recurrent(cell, inputSize: 128, hiddenSize: 256, layers: 2, using: &generator), batch: 1)
    }
  }
}
