import Cells

/// A character model with a `Recurrent` layer, which runs all steps and all layers.
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

  /// The logits of each next character, `[B, T, V]`, for characters `[B, T]`.
  func callAsFunction(_ characters: [Int32], shape: [Int]) -> Tensor {
    fc(rnn(embed(characters, shape: shape)).output)
  }
}
