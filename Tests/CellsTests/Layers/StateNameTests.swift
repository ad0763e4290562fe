import Cells
import TensorCore
import Testing

/// States are taken by their names: in another order they give the same numbers.
@Suite struct StateNameTests {
  static let names = CellRegistry.standard.entries.map(\.name)

  private func reversed(_ state: RecurrentState) -> RecurrentState {
    RecurrentState(names: state.names.reversed(), tensors: state.tensors.reversed())
  }

  private func random(_ zeros: RecurrentState) -> RecurrentState {
    var generator = Philox(seed: 2)
    var state = zeros
    for name in state.names { state[name] = Tensor(normal: state[name].shape, using: &generator) }
    return state
  }

  @Test(arguments: names) func orderDoesNotMatter(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let size = try #require(cell.suitableHiddenSize(from: 4, inputSize: 3))
    var generator = Philox(seed: 1)
    let step = RecurrentStep(cell, inputSize: 3, hiddenSize: size, using: &generator)
    let x = Tensor(normal: [2, 3], using: &generator)
    let start = random(step.zeroState(batch: 2))
    let (expected, found) = (step(x, start), step(x, reversed(start)))
    #expect(expected.output == found.output)
    for name in start.names { #expect(expected.state[name] == found.state[name]) }

    let layer = Recurrent(cell, inputSize: 3, hiddenSize: size, layers: 2, using: &generator)
    let sequence = x.reshaped(to: [1, 2, 3])
    let states = random(layer.zeroState(batch: 2))
    let (whole, other) = (layer(sequence, from: states), layer(sequence, from: reversed(states)))
    #expect(whole.output == other.output)
    for name in states.names { #expect(whole.state[name] == other.state[name]) }
  }

  /// Gradients reach the states under the names under which they were given.
  @Test func gradientsFollowTheNames() {
    var generator = Philox(seed: 1)
    let step = RecurrentStep(LSTM(), inputSize: 3, hiddenSize: 4, using: &generator)
    let x = Tensor(normal: [2, 3], using: &generator)
    let start = random(step.zeroState(batch: 2))
    func gradients(_ start: RecurrentState) -> RecurrentState {
      let (_, _, inputs) = valueAndGradient(of: step, at: start.tensors) { step, inputs in
        step(x, RecurrentState(names: start.names, tensors: inputs)).output.sum()
      }
      return RecurrentState(names: start.names, tensors: inputs)
    }
    let (expected, found) = (gradients(start), gradients(reversed(start)))
    for name in start.names { #expect(expected[name] == found[name]) }
  }

  @Test func memoryStartsFromNames() throws {
    var generator = Philox(seed: 1)
    let layer = Recurrent(LSTM(), inputSize: 3, hiddenSize: 4, using: &generator)
    let x = Tensor(normal: [5, 2, 3], using: &generator)
    let start = random(layer.zeroState(batch: 2))
    func output(_ start: RecurrentState) throws -> Tensor {
      let memory = try RecurrentMemory(of: layer, engine: .bptt, batch: 2)
      return layer(x, with: memory, startingFrom: start)
    }
    let (expected, found) = (try output(start), try output(reversed(start)))
    #expect(expected == found)
  }

  /// A declared layer computes what the layer does whose parameters are loaded into it.
  @Test func declaredLayerCanBeLoaded() throws {
    var generator = Philox(seed: 1)
    var options = Recurrent.Options()
    options.connection = .highway
    let layer = Recurrent(
      LSTM(), inputSize: 3, hiddenSize: 4, layers: 2, options: options, using: &generator)
    var loaded = Recurrent(LSTM(), inputSize: 3, hiddenSize: 4, layers: 2, options: options)
    let values = layer.parameters.map { ("rnn." + $0.name, $0.value) }
    try loaded.load(Dictionary(uniqueKeysWithValues: values), prefix: "rnn.")
    let x = Tensor(normal: [5, 2, 3], using: &generator)
    #expect(loaded(x).output == layer(x).output)
  }
}
