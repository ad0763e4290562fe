import Cells
import Datasets
import Requirements
import TensorCore

/// Predicts the next token of a text: an embedding, a recurrent layer, and a logit for every token.
///
/// ```swift
/// var generator = Philox(seed: 1)
/// let model = LanguageModel(.init(), vocabularySize: 28, using: &generator)
/// let (logits, state) = model(tokens, shape: [32, 35], from: model.zeroState(batch: 32))
/// ```
///
/// Parameters have PyTorch's names: `embed.weight [V, E]`, `rnn.weight_ih_l0` and so on,
/// `fc.weight [V, H]` and `fc.bias [V]`. With tied weights `fc.weight` is `embed.weight`.
public struct LanguageModel: Module {
  /// The model's options and sizes.
  public let configuration: ModelConfiguration
  /// The number of different tokens, V.
  public let vocabularySize: Int

  private var embed: Embedding
  package private(set) var rnn: Recurrent
  /// The matrix of the output, unless it is the embedding's.
  private var outputWeight: Tensor?
  private var outputBias: Tensor
  /// The output's matrix as generation reads it, token after token.
  private let packedOutput = PackedOnce()

  /// A model with random weights, as PyTorch draws them; a tied embedding, whose rows are output
  /// weights too, is drawn as these are, uniformly from ±1/sqrt(H).
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validateForText()``.
  public init(
    _ configuration: ModelConfiguration, vocabularySize: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    self.init(configuration, vocabularySize: vocabularySize)
    initialize(using: &generator)
  }

  /// A model whose parameters are declared, to be initialized or loaded.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validateForText()``.
  public init(_ configuration: ModelConfiguration, vocabularySize: Int) {
    self.configuration = configuration
    self.vocabularySize = vocabularySize
    let (size, units) = (configuration.embeddingSize, configuration.hiddenSize)
    rnn = configuration.layer(inputSize: size, layout: .batchFirst)
    if configuration.tiesWeights {
      require(
        rnn.outputSize == size,
        "tied weights of \(size) numbers and \(rnn.outputSize) output units")
      embed = Embedding(count: vocabularySize, size: size, initializer: .uniform(fanIn: units))
    } else {
      embed = Embedding(count: vocabularySize, size: size)
      outputWeight = Tensor(
        parameter: [vocabularySize, rnn.outputSize], .uniform(fanIn: units))
    }
    outputBias = Tensor(parameter: [vocabularySize], .uniform(fanIn: units))
  }

  /// The states where a text begins: zeros, or those that are learned.
  public func zeroState(batch: Int) -> RecurrentState { rnn.zeroState(batch: batch) }

  /// The logits of the token after each token, and the state after the last one.
  ///
  /// - Parameters:
  ///   - tokens: ids, row by row.
  ///   - shape: `[B, T]`.
  ///   - state: where the rows start from.
  /// - Returns: logits `[B, T, V]`, and the state to go on from.
  public func callAsFunction(
    _ tokens: [Int32], shape: [Int], from state: RecurrentState
  ) -> (logits: Tensor, state: RecurrentState) {
    let (output, state) = rnn(embed(tokens, shape: shape), from: state)
    return (logits(of: output), state)
  }

  /// The same while learning: units are dropped before the logits, and what the recurrent layer's options leave
  /// to chance.
  public func callAsFunction(
    _ tokens: [Int32], shape: [Int], from state: RecurrentState,
    using generator: inout some RandomNumberGenerator
  ) -> (logits: Tensor, state: RecurrentState) {
    let (output, state) = rnn(embed(tokens, shape: shape), from: state, using: &generator)
    let kept = Dropout(configuration.dropout)(output, using: &generator)
    return (logits(of: kept), state)
  }

  /// The logits of the token after each token of the next window of texts that a memory goes along with,
  /// while learning: units are dropped before the logits.
  public func callAsFunction(
    _ tokens: [Int32], shape: [Int], with memory: RecurrentMemory,
    using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    let output = rnn(embed(tokens, shape: shape), with: memory)
    return logits(of: Dropout(configuration.dropout)(output, using: &generator))
  }

  /// A memory of the texts read, for learning as an engine does.
  ///
  /// - Throws: `UnsuitableEngine` where the recurrent layer cannot learn so.
  public func memory(
    engine: GradientEngine, batch: Int
  ) throws(UnsuitableEngine) -> RecurrentMemory {
    try RecurrentMemory(of: rnn, engine: engine, batch: batch)
  }

  /// The state after some tokens of one row, and the logits `[V]` of the token that follows them.
  ///
  /// Logits are computed for the last token alone.
  func advance(
    _ tokens: [Int32], from state: RecurrentState
  ) -> (logits: Tensor, state: RecurrentState) {
    let (output, state) = rnn(embed(tokens, shape: [1, tokens.count]), from: state)
    return (logits(of: output.at(-1, along: 1).reshaped(to: [output.shape[2]])), state)
  }

  private func logits(of output: Tensor) -> Tensor {
    affine(
      output, weight: outputWeight ?? embed.weight, bias: outputBias, packed: packedOutput)
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &embed)
    visitor.visit("rnn", &rnn)
    if configuration.tiesWeights {
      visitor.visit("fc.weight", &embed.weight)
    } else {
      visitor.visit("fc.weight", &outputWeight)
    }
    visitor.visit("fc.bias", &outputBias)
  }
}
