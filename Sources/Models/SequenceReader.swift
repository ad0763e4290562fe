import Cells
import Datasets
import Requirements
import TensorCore

/// Reads a sequence and answers once, after its end, or at each of its steps.
///
///     h_t = recurrent layer(x_t or its embedding, h_(t-1))
///     y   = W pool_t(h_t) + b        one answer: a classifier, a regressor
///     y_t = W h_t + b                an answer at each step: a tagger, a forecaster, a filter
///
/// Parameters: `embed.weight [V, E]` if it reads tokens, `rnn.weight_ih_l0` and so on, `pool.…` for attention
/// pooling, `fc.weight` and `fc.bias`.
public struct SequenceReader: Module {
  /// The model's options and sizes.
  public let configuration: ModelConfiguration

  private var embed: InputLayer
  package private(set) var rnn: Recurrent
  private var pool: PoolingLayer?
  private var fc: Linear

  /// A model with declared parameters, to be initialized or loaded.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validate(for:)``.
  public init(_ configuration: ModelConfiguration, _ interface: SequenceInterface) {
    self.configuration = configuration
    embed = InputLayer(interface.input, embeddingSize: configuration.embeddingSize)
    rnn = configuration.layer(inputSize: embed.size, direction: configuration.direction)
    if !interface.target.isSequence {
      pool = PoolingLayer(
        configuration.pooling, size: rnn.outputSize,
        directions: configuration.merge == .concatenate ? rnn.direction.count : 1)
    }
    fc = Linear(inputSize: rnn.outputSize, outputSize: interface.target.size)
  }

  /// The answers to a batch: `[T, B, O]` for one at each step, `[B, O]` for one in all; logits for classes.
  public func callAsFunction(_ input: BatchValue) -> Tensor {
    let x = embed(input)
    return answers(rnn(x, lengths: input.lengths).output, lengths: lengths(of: input))
  }

  /// The same in training: with dropout between the layers and before the output layer.
  public func callAsFunction(
    _ input: BatchValue, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    let x = embed(input)
    let start = rnn.zeroState(batch: x.shape[1])
    let output = rnn(x, from: start, lengths: input.lengths, using: &generator).output
    return answers(
      Dropout(configuration.dropout)(output, using: &generator), lengths: lengths(of: input))
  }

  private func lengths(of input: BatchValue) -> [Int] {
    input.lengths ?? Array(repeating: 1, count: input.count)
  }

  private func answers(_ outputs: Tensor, lengths: [Int]) -> Tensor {
    fc(pool.map { $0(outputs, lengths: lengths) } ?? outputs)
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &embed)
    visitor.visit("rnn", &rnn)
    visitor.visitOptional("pool", &pool)
    visitor.visit("fc", &fc)
  }
}

// MARK: Step by step

extension SequenceReader {
  /// Whether it can run step by step, as control and streams need.
  public var isStepwise: Bool { rnn.direction == .forward && pool == nil }

  /// The initial states of a sequence.
  public func zeroState(batch: Int) -> RecurrentState { rnn.zeroState(batch: batch) }

  /// The answers `[B, O]` to one step of vectors `[B, I]`; updates the caller's state.
  ///
  /// - Precondition: ``isStepwise``, and the model reads vectors.
  public func step(_ x: Tensor, from state: inout RecurrentState) -> Tensor {
    require(isStepwise, "a model that needs all of a sequence was asked for a step")
    let output: Tensor
    (output, state) = rnn(x.expandingShape(at: 0), from: state)
    return fc(output.squeezingShape(at: 0))
  }

  /// The answers `[B, O]` to one step of tokens, one for each sample; updates the caller's state.
  ///
  /// - Precondition: ``isStepwise``, and the model reads tokens.
  public func step(_ tokens: [Int32], from state: inout RecurrentState) -> Tensor {
    step(embed.embedded(tokens, shape: [tokens.count]), from: &state)
  }
}

extension BatchValue {
  /// B, the number of samples.
  var count: Int {
    switch self {
    case .tokens(let padded): padded.batchSize
    case .features(let padded): padded.batchSize
    case .labels(let ids): ids.count
    case .vectors(let values, let width): values.count / width
    }
  }
}
