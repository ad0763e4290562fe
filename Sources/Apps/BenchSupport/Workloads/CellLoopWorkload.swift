import Cells
import TensorCore
import Training

/// A character model with an explicit loop over the steps.
private struct LoopModel: Module {
  var embed: Embedding
  var cell: RecurrentStep
  var fc: Linear

  init(_ sizes: BenchmarkCase, using generator: inout some RandomNumberGenerator) throws {
    embed = Embedding(
      count: sizes.vocabularySize, size: sizes.inputSize, using: &generator)
    cell = RecurrentStep(
      try sizes.namedCell(), inputSize: sizes.inputSize, hiddenSize: sizes.hiddenSize,
      using: &generator)
    fc = Linear(
      inputSize: cell.outputSize, outputSize: sizes.vocabularySize, using: &generator)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &embed)
    visitor.visit("cell", &cell)
    visitor.visit("fc", &fc)
  }

  /// The logits `[B, T, V]` of characters `[B, T]`.
  func callAsFunction(_ characters: [Int32], shape: [Int]) -> Tensor {
    let x = embed(characters, shape: shape)
    var state = cell.zeroState(batch: shape[0])
    var outputs: [Tensor] = []
    for t in 0..<shape[1] {
      let output: Tensor
      (output, state) = cell(x.at(t, along: 1), state)
      outputs.append(output)
    }
    return fc(stack(outputs, along: 1))
  }
}

extension BenchmarkCase {
  func loopWorkload() throws -> Workload {
    var generator = Philox(seed: 1)
    var model = try LoopModel(self, using: &generator)
    var optimizer = Adam(learningRate: 1e-3)
    let (shape, count) = ([batch, steps], batch * steps)
    let inputs = randomTokens(count, below: vocabularySize)
    let targets = randomTokens(count, below: vocabularySize, seed: 2)
    var workload = Workload {
      let (_, gradients) = valueAndGradient(of: model) { model in
        crossEntropy(model(inputs, shape: shape), targets)
      }
      optimizer.update(&model, with: gradients)
    }
    let graphs = try graphs()
    workload.tokens = count
    workload.operations =
      3 * Double(count) * operations(of: graphs, logitsFrom: graphs[0].outputSize)
    workload.bytesKept = bytesKept(by: graphs)
    return workload
  }
}
