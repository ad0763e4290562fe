import Cells
import TensorCore
import Training

/// A tagger: a class for each step of a sequence.
private struct Tagger: Module {
  var embed: Embedding
  var rnn: Recurrent
  var fc: Linear

  init(_ sizes: BenchmarkCase, using generator: inout some RandomNumberGenerator) throws {
    embed = Embedding(
      count: sizes.vocabularySize, size: sizes.inputSize, using: &generator)
    rnn = Recurrent(
      try sizes.namedCell(), inputSize: sizes.inputSize, hiddenSize: sizes.hiddenSize,
      layers: sizes.layers,
      direction: sizes.directions == 2 ? .bidirectional(merge: .concatenate) : .forward,
      layout: .batchFirst, using: &generator)
    fc = Linear(
      inputSize: rnn.outputSize, outputSize: sizes.vocabularySize, using: &generator)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &embed)
    visitor.visit("rnn", &rnn)
    visitor.visit("fc", &fc)
  }
}

extension BenchmarkCase {
  func taggingWorkload() throws -> Workload {
    var generator = Philox(seed: 1)
    var model = try Tagger(self, using: &generator)
    var optimizer = Adam(learningRate: 1e-3)
    let products = TokenProducts()
    let (shape, lengths) = ([batch, steps], lengths)
    let inputs = randomTokens(batch * steps, below: vocabularySize)
    var targets = randomTokens(batch * steps, below: vocabularySize, seed: 2)
    for sample in 0..<batch {
      for step in lengths[sample]..<steps { targets[sample * steps + step] = -1 }
    }
    let classes = targets
    var workload = Workload {
      let (_, gradients) = valueAndGradient(of: model) { model in
        let output = products(
          model.rnn, inputs, shape: shape, of: model.embed.weight,
          from: model.rnn.zeroState(batch: batch), lengths: lengths
        ).output
        return crossEntropy(model.fc(output), classes)
      }
      optimizer.update(&model, with: gradients)
    }
    let graphs = try graphs()
    workload.tokens = lengths.reduce(0, +)
    workload.operations =
      3 * Double(workload.tokens)
      * operations(of: graphs, logitsFrom: directions * graphs[0].outputSize)
    workload.bytesKept = bytesKept(by: graphs)
    return workload
  }
}
