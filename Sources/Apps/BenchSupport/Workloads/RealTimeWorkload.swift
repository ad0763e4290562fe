import Cells
import TensorCore
import Training

/// A classifier that is trained at every step.
private struct Listener: Module {
  var rnn: Recurrent
  var fc: Linear

  init(_ sizes: BenchmarkCase, using generator: inout some RandomNumberGenerator) throws {
    rnn = Recurrent(
      try sizes.namedCell(), inputSize: sizes.inputSize, hiddenSize: sizes.hiddenSize,
      using: &generator)
    fc = Linear(
      inputSize: rnn.outputSize, outputSize: sizes.vocabularySize, using: &generator)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("rnn", &rnn)
    visitor.visit("fc", &fc)
  }
}

extension BenchmarkCase {
  func realTimeWorkload() throws -> Workload {
    var generator = Philox(seed: 1)
    var model = try Listener(self, using: &generator)
    var optimizer = SGD(learningRate: 1e-3)
    let memory = try RecurrentMemory(of: model.rnn, engine: .rtrl, batch: batch)
    let x = Tensor(normal: [1, batch, inputSize], using: &generator)
    let targets = randomTokens(batch, below: vocabularySize)
    // Some steps advance the influence of those before them too: a repetition has as many of these as any other.
    let count = 60
    var workload = Workload {
      for _ in 0..<count {
        let (_, gradients) = valueAndGradient(of: model) { model in
          crossEntropy(model.fc(model.rnn(x, with: memory)), targets)
        }
        optimizer.update(&model, with: gradients)
      }
    }
    workload.repetitions = count
    workload.tokens = batch
    return workload
  }
}
