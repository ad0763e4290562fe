import Cells
import Datasets
import Requirements
import TensorCore

/// A language model: an embedding, a recurrent layer, and a linear layer to a logit for every token.
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
  /// The vocabulary size, V.
  public let vocabularySize: Int

  private var embed: Embedding
  package private(set) var rnn: Recurrent
  /// The output weight; nil if it is tied to the embedding.
  private var outputWeight: Tensor?
  private var outputBias: Tensor
  /// The output weight packed for single steps, as in generation.
  private let packedOutput = PackedOnce()
  /// The products of the embedding with the recurrent layer's input weights.
  private let tokenProducts = TokenProducts()

  /// A model with random weights, initialized as in PyTorch; a tied embedding is initialized like the output weight,
  /// uniformly from ±1/sqrt(H).
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validateForText()``.
  public init(
    _ configuration: ModelConfiguration, vocabularySize: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    self.init(configuration, vocabularySize: vocabularySize)
    initialize(using: &generator)
  }

  /// A model with declared parameters, to be initialized or loaded.
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

  /// The initial states of a text: zeros, or trained initial states.
  public func zeroState(batch: Int) -> RecurrentState { rnn.zeroState(batch: batch) }

  /// The logits of each next token, and the state after the last token.
  ///
  /// - Parameters:
  ///   - tokens: token IDs, row-major.
  ///   - shape: `[B, T]`.
  ///   - state: the initial state of the rows.
  /// - Returns: logits `[B, T, V]`, and the final state.
  public func callAsFunction(
    _ tokens: [Int32], shape: [Int], from state: RecurrentState
  ) -> (logits: Tensor, state: RecurrentState) {
    let (output, state) = tokenProducts(
      rnn, tokens, shape: shape, of: embed.weight, from: state)
    return (logits(of: output), state)
  }

  /// The same in training: with dropout before the output layer, and the recurrent layer's own dropout and other
  /// random options.
  public func callAsFunction(
    _ tokens: [Int32], shape: [Int], from state: RecurrentState,
    using generator: inout some RandomNumberGenerator
  ) -> (logits: Tensor, state: RecurrentState) {
    let (output, state) = tokenProducts(
      rnn, tokens, shape: shape, of: embed.weight, from: state, using: &generator)
    let kept = Dropout(configuration.dropout)(output, using: &generator)
    return (logits(of: kept), state)
  }

  /// The logits of each next token of the next window, in training with a memory (see ``memory(engine:batch:)``): with
  /// dropout before the output layer.
  public func callAsFunction(
    _ tokens: [Int32], shape: [Int], with memory: RecurrentMemory,
    using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    let output = tokenProducts(rnn, tokens, shape: shape, of: embed.weight, with: memory)
    return logits(of: Dropout(configuration.dropout)(output, using: &generator))
  }

  /// The memory that a gradient engine keeps while it reads a batch of texts.
  ///
  /// - Throws: `UnsuitableEngine` if the engine can't train the recurrent layer.
  public func memory(
    engine: GradientEngine, batch: Int
  ) throws(UnsuitableEngine) -> RecurrentMemory {
    try RecurrentMemory(of: rnn, engine: engine, batch: batch)
  }

  /// The state after the tokens of one row, and the logits `[V]` of the next token.
  ///
  /// Logits are computed only after the last token.
  func advance(
    _ tokens: [Int32], from state: RecurrentState
  ) -> (logits: Tensor, state: RecurrentState) {
    let (output, state) = tokenProducts(
      rnn, tokens, shape: [1, tokens.count], of: embed.weight, from: state)
    return (logits(of: output.at(-1, along: 1).reshaped(to: [output.shape[2]])), state)
  }

  /// Steps through the text of one row from some states, token after token; nil where ``advance(_:from:)`` is to be called
  /// instead: as long as it is open whether steps read the products of the embedding.
  func steps(from state: RecurrentState) -> Steps? {
    tokenProducts.steps(rnn, of: embed.weight, from: state).map { steps in
      Steps(
        steps,
        RowProduct(
          weight: outputWeight ?? embed.weight, bias: outputBias, packed: packedOutput),
        vocabularySize)
    }
  }

  /// Steps through a text in memory that is kept from one to the next. A copy has the same memory.
  struct Steps: Sendable {
    private var steps: TokenSteps
    private let product: RowProduct
    private let memory: Storage
    private var logits: [Float]

    fileprivate init(_ steps: TokenSteps, _ product: RowProduct, _ vocabularySize: Int) {
      (self.steps, self.product) = (steps, product)
      memory = Storage(count: vocabularySize)
      logits = Array(repeating: 0, count: vocabularySize)
    }

    /// The logits `[V]` of the token after this one.
    mutating func read(_ token: Int32) -> [Float] {
      product(steps(token), into: Floats(memory))
      Floats(memory).read(into: &logits)
      return logits
    }

    /// The states after the last token.
    var state: RecurrentState { steps.state }
    /// Whether the next token may be read: see `TokenSteps.canGoOn()`.
    mutating func canGoOn() -> Bool { steps.canGoOn() }
  }

  /// The embeddings `[1, T, E]` of the tokens of one row.
  package func embeddings(of tokens: [Int32]) -> Tensor { embed(tokens, shape: [1, tokens.count]) }

  /// The recurrent layer's outputs `[1, T, H]` for embeddings, from the zero state.
  package func outputs(of embeddings: Tensor) -> Tensor {
    rnn(embeddings, from: zeroState(batch: embeddings.shape[0])).output
  }

  /// The logits of the next tokens, from outputs of the recurrent layer.
  package func logits(of output: Tensor) -> Tensor {
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
