import Cells
import TensorCore
import Testing

/// A batch of no samples gives empty tensors and gradients of zero, as in PyTorch.
@Suite struct EmptyBatchTests {
  static let names = CellRegistry.standard.entries.map(\.name)

  private func cell(_ name: String) throws -> (cell: NamedCell, hiddenSize: Int) {
    let cell = try CellRegistry.standard.cell(named: name)
    return (cell, try #require(cell.suitableHiddenSize(from: 4, inputSize: 3)))
  }

  @Test(arguments: names) func layerGivesEmptyTensors(_ name: String) throws {
    let (cell, size) = try cell(name)
    for direction in [Recurrent.Direction.forward, .reverse, .bidirectional(merge: .mean)] {
      for (layout, lengths) in [(Recurrent.Layout.timeFirst, nil), (.batchFirst, [Int]())] {
        var generator = Philox(seed: 1)
        let layer = Recurrent(
          cell, inputSize: 3, hiddenSize: size, layers: 2, direction: direction, layout: layout,
          using: &generator)
        let x = Tensor(zeros: layout == .timeFirst ? [5, 0, 3] : [0, 5, 3])
        let start = layer.zeroState(batch: 0)
        let (output, state) = layer(x, from: start, lengths: lengths)
        #expect(output.shape == [x.shape[0], x.shape[1], layer.outputSize])
        #expect(state.tensors.map(\.shape) == start.tensors.map(\.shape))
        let (loss, gradients, inputs) = valueAndGradient(of: layer, at: [x] + start.tensors) {
          layer, inputs in
          let start = RecurrentState(names: state.names, tensors: Array(inputs.dropFirst()))
          let (output, state) = layer(inputs[0], from: start, lengths: lengths)
          return output.sum() + state.tensors.map { $0.sum() }.reduce(Tensor(0), +)
        }
        #expect(loss.scalar == 0)
        #expect(gradients.values.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
        #expect(inputs.map(\.shape) == [x.shape] + start.tensors.map(\.shape))
      }
    }
  }

  @Test(arguments: names) func stepGivesEmptyTensors(_ name: String) throws {
    let (cell, size) = try cell(name)
    var generator = Philox(seed: 1)
    let step = RecurrentStep(cell, inputSize: 3, hiddenSize: size, using: &generator)
    let (output, state) = step(Tensor(zeros: [0, 3]), step.zeroState(batch: 0))
    #expect(output.shape == [0, step.outputSize])
    #expect(state.tensors.map(\.shape) == step.zeroState(batch: 0).tensors.map(\.shape))
    let (_, gradients) = valueAndGradient(of: step) { step in
      step(Tensor(zeros: [0, 3]), step.zeroState(batch: 0)).output.sum()
    }
    #expect(gradients.values.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
  }

  @Test func partsGiveEmptyTensors() {
    var generator = Philox(seed: 1)
    let linear = Linear(inputSize: 3, outputSize: 4, using: &generator)
    let (_, gradients) = valueAndGradient(of: linear) { $0(Tensor(zeros: [0, 3])).sum() }
    #expect(gradients["weight"] == Tensor(zeros: [4, 3]))
    #expect(gradients["bias"] == Tensor(zeros: [4]))
    let embedding = Embedding(count: 5, size: 2, using: &generator)
    #expect(embedding([], shape: [3, 0]).shape == [3, 0, 2])
    #expect(LayerNorm(size: 3)(Tensor(zeros: [0, 3])).shape == [0, 3])
    #expect(Dropout(0.5)(Tensor(zeros: [0, 3]), using: &generator).shape == [0, 3])
  }
}
