import Cells
import Models
import TensorCore
import Training

extension BenchmarkCase {
  /// A character model with random weights.
  func languageModel() throws -> LanguageModel {
    let configuration = ModelConfiguration(
      cell: try namedCell(), embeddingSize: inputSize, hiddenSize: hiddenSize, layers: layers)
    try configuration.validateForText()
    var generator = Philox(seed: 1)
    var model = LanguageModel(configuration, vocabularySize: vocabularySize, using: &generator)
    model.encodeWeights(as: weights)
    return model
  }

  func trainingWorkload() throws -> Workload {
    var model = try languageModel()
    var optimizer = Adam(learningRate: 1e-3)
    let (shape, count) = ([batch, steps], batch * steps)
    let inputs = randomTokens(count, below: vocabularySize)
    let targets = randomTokens(count, below: vocabularySize, seed: 2)
    let start = model.zeroState(batch: batch)
    var workload = Workload {
      let (_, gradients) = valueAndGradient(of: model) { model in
        crossEntropy(model(inputs, shape: shape, from: start).logits, targets)
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

  func inferenceWorkload() throws -> Workload {
    let model = try languageModel()
    let (shape, count) = ([batch, steps], batch * steps)
    let inputs = randomTokens(count, below: vocabularySize)
    let start = model.zeroState(batch: batch)
    var workload = Workload {
      _ = model(inputs, shape: shape, from: start)
    }
    let graphs = try graphs()
    workload.tokens = count
    workload.operations =
      Double(count) * operations(of: graphs, logitsFrom: graphs[0].outputSize)
    return workload
  }
}
