import Cells
import TensorCore
import Testing

/// Steps that a tape records share their memory and the sums of their gradients; whatever a loop does with outputs and
/// states, gradients are those of layers that run one step each.
@Suite struct StepChainTests {
  private typealias Step = (_ x: Tensor, _ state: RecurrentState) -> (Tensor, RecurrentState)

  private static let cells: [any RecurrentCell] = [
    RNN(), LSTM(), GRU(), IndRNN(), SRU(), RHN(), MLSTM(),
  ]
  private static let (batch, size) = (3, 4)

  /// Compares a loss of `RecurrentStep` with the same of a layer over one step at a time.
  private func expectGradientsOfLayers(
    steps: Int, _ loss: (_ step: Step, _ x: [Tensor], _ start: RecurrentState) -> Tensor
  ) throws {
    var generator = Philox(seed: 3)
    let x = Tensor(normal: [steps, Self.batch, Self.size], using: &generator)
    for cell in Self.cells {
      let layer = Recurrent(
        cell, inputSize: Self.size, hiddenSize: Self.size, using: &generator)
      var single = RecurrentStep(cell, inputSize: Self.size, hiddenSize: Self.size)
      try single.load(
        Dictionary(
          uniqueKeysWithValues: layer.parameters.map { (String($0.name.dropLast(3)), $0.value) }))
      let start = single.zeroState(batch: Self.batch)
      let found = valueAndGradient(of: single, at: [x] + start.tensors) { single, inputs in
        let start = RecurrentState(names: start.names, tensors: Array(inputs.dropFirst()))
        return loss({ single($0, $1) }, inputs[0].unstacked(), start)
      }
      let expected = valueAndGradient(of: layer, at: [x] + start.tensors) { layer, inputs in
        let start = RecurrentState(names: start.names, tensors: Array(inputs.dropFirst()))
        return loss({ Self.step(of: layer, $0, $1) }, inputs[0].unstacked(), start)
      }
      let name = "\(type(of: cell))"
      #expect(found.value.scalar == expected.value.scalar, "\(name)")
      for (gradient, number) in zip(found.gradients.values, 0...) {
        expectClose(
          gradient.scalars, expected.gradients.values[number].scalars, within: 1e-5,
          "\(name) \(found.gradients.names[number])")
      }
      for (gradient, number) in zip(found.inputGradients, 0...) {
        // A chain sums the cotangents of a state in another order.
        expectClose(
          gradient.scalars, expected.inputGradients[number].scalars, within: 1e-5,
          "\(name) \(number)")
      }
    }
  }

  private static func step(
    of layer: Recurrent, _ x: Tensor, _ state: RecurrentState
  ) -> (Tensor, RecurrentState) {
    let start = state.tensors.map { $0.expandingShape(at: 0) }
    let (output, end) = layer(
      x.expandingShape(at: 0), from: RecurrentState(names: state.names, tensors: start))
    return (
      output.at(0),
      RecurrentState(names: end.names, tensors: end.tensors.map { $0.at(0) })
    )
  }

  private static func square(_ x: Tensor) -> Tensor { (x * x).sum() }

  /// More steps than fit the memory of the first chain.
  @Test func aLongLoop() throws {
    try expectGradientsOfLayers(steps: 70) { step, x, start in
      var (state, loss) = (start, Tensor(0))
      for x in x {
        let output: Tensor
        (output, state) = step(x, state)
        loss = loss + Self.square(output)
      }
      return loss + state.tensors.map(Self.square).reduce(Tensor(0), +)
    }
  }

  /// States have a share of the loss of their own, besides the step that goes on from them.
  @Test func statesCountBetweenSteps() throws {
    try expectGradientsOfLayers(steps: 6) { step, x, start in
      var (state, loss) = (start, Tensor(0))
      for (number, x) in x.enumerated() {
        let output: Tensor
        (output, state) = step(x, state)
        if number == 4 { loss = loss + Self.square(output) }
        if number == 2 { loss = loss + state.tensors.map(Self.square).reduce(Tensor(0), +) }
      }
      return loss
    }
  }

  @Test func onlyOneOutputCounts() throws {
    try expectGradientsOfLayers(steps: 6) { step, x, start in
      var (state, outputs) = (start, [Tensor]())
      for x in x {
        let output: Tensor
        (output, state) = step(x, state)
        outputs.append(output)
      }
      return Self.square(outputs[3])
    }
  }

  @Test func statesAreChangedBetweenSteps() throws {
    try expectGradientsOfLayers(steps: 6) { step, x, start in
      var (state, loss) = (start, Tensor(0))
      for (number, x) in x.enumerated() {
        let output: Tensor
        (output, state) = step(x, state)
        loss = loss + Self.square(output)
        if number == 1 { state.tensors.indices.forEach { state[state.names[$0]] *= 0.5 } }
        if number == 3 { state = state.detached() }
      }
      return loss
    }
  }

  /// Two sequences by turns; the second one goes two ways from its third step on.
  @Test func sequencesAreInterleavedAndBranch() throws {
    try expectGradientsOfLayers(steps: 8) { step, x, start in
      var (states, loss) = ([start, start], Tensor(0))
      for (number, x) in x.enumerated() {
        for index in states.indices {
          let output: Tensor
          (output, states[index]) = step(x * Float(index + 1), states[index])
          loss = loss + Self.square(output)
        }
        if number == 2 { states.append(states[1]) }
      }
      return loss
    }
  }

  /// Up to the first chain's memory, all sums have the layer's order.
  @Test func gradientsHaveTheLayersBits() throws {
    var generator = Philox(seed: 4)
    let x = Tensor(normal: [50, 32, 5], using: &generator)
    let layer = Recurrent(LSTM(), inputSize: 5, hiddenSize: 7, using: &generator)
    var single = RecurrentStep(LSTM(), inputSize: 5, hiddenSize: 7)
    try single.load(
      Dictionary(
        uniqueKeysWithValues: layer.parameters.map { (String($0.name.dropLast(3)), $0.value) }))
    let expected = valueAndGradient(of: layer) { Self.square($0(x).output) }
    let found = valueAndGradient(of: single) { single in
      var (state, outputs) = (single.zeroState(batch: 32), [Tensor]())
      for x in x.unstacked() {
        let output: Tensor
        (output, state) = single(x, state)
        outputs.append(output)
      }
      return Self.square(stack(outputs))
    }
    #expect(found.gradients.values.map(\.scalars) == expected.gradients.values.map(\.scalars))
  }
}
