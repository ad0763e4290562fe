import Cells
import Datasets
import Models
import TensorCore
import Training

extension BenchmarkCase {
  /// A character model of the embedded tales, trained for about `seconds`, so that its weights are distributed like
  /// those of a real model.
  public func trainedModel(seconds: Double) throws -> LanguageModel {
    let corpus = try TokenizedCorpus(Tales(characters: 200_000), validationFraction: 0)
    var sizes = self
    sizes.vocabularySize = corpus.tokenizer.vocabulary.count
    var model = try sizes.languageModel()
    var optimizer = Adam(learningRate: 2e-3)
    let windows = Windows(batchSize: batch, sequenceLength: steps)
    func epoch(_ number: Int) throws -> WindowEpoch {
      try WindowEpoch(corpus.training, windows: windows, seed: 1, number: number)
    }
    var (number, batches) = (0, try epoch(0)[...])
    var state = model.zeroState(batch: batch)
    let shape = [batch, steps]
    var spent = 0.0
    while spent < seconds {
      if batches.isEmpty {
        number += 1
        batches = try epoch(number)[...]
      }
      let tokens = batches.removeFirst()
      spent += timed {
        let (_, after, gradients) = valueAndGradient(of: model) { [state] model in
          let (logits, after) = model(tokens.inputs, shape: shape, from: state)
          return (crossEntropy(logits, tokens.targets), after)
        }
        state = after.detached()
        optimizer.update(&model, with: gradients, maximumNorm: 1)
      }
    }
    return model
  }
}
