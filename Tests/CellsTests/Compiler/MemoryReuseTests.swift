import Cells
import TensorCore
import Testing

/// The memory that one step of training leaves to the next.
@Suite struct MemoryReuseTests {
  private struct Step {
    let x: Tensor
    var lengths: [Int]?
    var resets: [[Int]]?
  }

  /// A layer's results and gradients do not depend on the passes that it ran before: of the same sizes, of others, and of
  /// samples of different lengths.
  @Test(arguments: ["rnn", "lstm", "gru", "indrnn", "mingru", "gla"])
  func earlierPassesChangeNothing(name: String) throws {
    var generator = Philox(seed: 3)
    let cell = try CellRegistry.standard.cell(named: name)
    var layer = Recurrent(
      cell, inputSize: 5, hiddenSize: 8, layers: 2, direction: .bidirectional(merge: .concatenate),
      using: &generator)
    func x(_ steps: Int, _ batch: Int) -> Tensor {
      Tensor(normal: [steps, batch, 5], using: &generator)
    }
    let steps = [
      Step(x: x(6, 4)), Step(x: x(6, 4)), Step(x: x(6, 3)), Step(x: x(1, 4)), Step(x: x(6, 4)),
      Step(x: x(6, 4), lengths: [6, 2, 5, 1]), Step(x: x(6, 4)),
      Step(x: x(6, 4), resets: [[2], [], [1, 5], []]), Step(x: x(7, 4)), Step(x: x(6, 4)),
    ]
    for step in steps {
      let fresh = Recurrent(copying: layer, cell)
      #expect(gradients(of: layer, step) == gradients(of: fresh, step))
    }
    // As in training: other weights at every step.
    for step in steps {
      layer.updateParameters { $1 = $1 * 0.9 }
      let fresh = Recurrent(copying: layer, cell)
      #expect(gradients(of: layer, step) == gradients(of: fresh, step))
    }
  }

  /// No pass holds the weights when it has ended, so that an optimizer changes them in their memory.
  @Test(arguments: ["rnn", "lstm", "indrnn"], [(6, 4), (6, 1), (1, 4), (1, 1)])
  func weightsStayInTheirMemory(name: String, size: (steps: Int, batch: Int)) throws {
    var generator = Philox(seed: 3)
    var layer = Recurrent(
      try CellRegistry.standard.cell(named: name), inputSize: 5, hiddenSize: 8, using: &generator)
    let x = Tensor(normal: [size.steps, size.batch, 5], using: &generator)
    let memory = try RecurrentMemory(of: layer, engine: .rtrl, batch: size.batch)
    for _ in 0..<3 {
      _ = gradients(of: layer, Step(x: x))
      let before = memories(of: &layer)
      layer.updateParameters { _ = $1.writableElements() }
      #expect(memories(of: &layer) == before)
      _ = valueAndGradient(of: layer) { $0(x, with: memory).sum() }
      layer.updateParameters { _ = $1.writableElements() }
      #expect(memories(of: &layer) == before)
    }
  }

  private func memories(of layer: inout Recurrent) -> [ObjectIdentifier] {
    var memories: [ObjectIdentifier] = []
    layer.updateParameters { memories.append(ObjectIdentifier($1.storage)) }
    return memories
  }

  private func gradients(of layer: Recurrent, _ step: Step) -> [[Float]] {
    let (loss, parameters, inputs) = valueAndGradient(of: layer, at: [step.x]) { layer, inputs in
      let (output, state) = layer(inputs[0], lengths: step.lengths, resets: step.resets)
      return (output * output).sum() + state.tensors.reduce(Tensor(0)) { $0 + $1.sum() }
    }
    return [loss.scalars] + parameters.values.map(\.scalars) + inputs.map(\.scalars)
  }
}

extension Recurrent {
  /// A layer of the same weights that has run nothing yet.
  fileprivate init(copying other: Recurrent, _ cell: any RecurrentCell) {
    var generator = Philox(seed: 1)
    self.init(
      cell, inputSize: other.inputSize, hiddenSize: other.hiddenSize, layers: other.layers,
      direction: other.direction, using: &generator)
    let values = Dictionary(uniqueKeysWithValues: other.parameters.map { ($0.name, $0.value) })
    updateParameters { name, value in value = values[name] ?? value }
  }
}
