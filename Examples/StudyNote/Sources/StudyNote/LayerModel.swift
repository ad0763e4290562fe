import Cells
import TensorCore

/// A character model with the recurrent layer, which runs all steps and all layers itself.
struct LayerModel: Module {
  var embed: Embedding
  var rnn: Recurrent
  var fc: Linear

  init(vocabularySize: Int, using generator: inout some RandomNumberGenerator) {
    embed = Embedding(count: vocabularySize, size: 10, using: &generator)
    rnn = Recurrent(
      RNN(), inputSize: 10, hiddenSize: 10, layers: 3, layout: .batchFirst, using: &generator)
    fc = Linear(inputSize: 10, outputSize: vocabularySize, using: &generator)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &embed)
    visitor.visit("rnn", &rnn)
    visitor.visit("fc", &fc)
  }

  /// Characters `[B, T]` give a logit for every character that may come next, `[B, T, V]`.
  func callAsFunction(_ characters: [Int32], shape: [Int]) -> Tensor {
    fc(rnn(embed(characters, shape: shape)).output)
  }
}
