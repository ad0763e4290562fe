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
/// y are logits of classes or tags, numbers, or what ``OutputHead`` says. A transcriber has one more class at each step, the
/// last, which stands for none: see ``CTC``.
///
/// Parameters: `embed.weight [V, E]` if it reads tokens, `rnn.weight_ih_l0` and so on, `pool.…` for attention
/// pooling, `fc.weight` and `fc.bias`, `crf.…` for a random field.
public struct SequenceReader: Module {
  /// The model's options and sizes.
  public let configuration: ModelConfiguration

  private var embed: InputLayer
  package private(set) var rnn: Recurrent
  private var pool: PoolingLayer?
  private var fc: Linear
  private var crf: ConditionalRandomField?
  private let numbers: NumberHead?
  private let blank: Int32?
  /// The products of the embedding with the recurrent layer's input weights.
  private let tokenProducts = TokenProducts()

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
    let size = interface.target.size
    numbers = NumberHead(configuration.head, interface.target.columns)
    blank = interface.shape == .manyToManyOrdered ? Int32(size) : nil
    if configuration.head == .chain { crf = ConditionalRandomField(tags: size) }
    let outputSize = numbers?.outputSize ?? (blank == nil ? size : size + 1)
    fc = Linear(inputSize: rnn.outputSize, outputSize: outputSize)
  }

  /// The answers to a batch: `[T, B, O]` for one at each step, `[B, O]` for one in all; logits for classes.
  public func callAsFunction(_ input: BatchValue) -> Tensor {
    answers(embed.read(by: rnn, tokenProducts, input).output, lengths: lengths(of: input))
  }

  /// The same in training: with dropout between the layers and before the output layer.
  public func callAsFunction(
    _ input: BatchValue, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    let output = embed.read(by: rnn, tokenProducts, input, using: &generator).output
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
    visitor.visitOptional("crf", &crf)
  }
}

// MARK: What outputs mean

extension SequenceReader {
  /// How the outputs of the last layer are read.
  package enum Reading: Sendable {
    /// Logits, or plain numbers.
    case plain
    /// Scores of the tags of a random field.
    case chain(ConditionalRandomField)
    /// Logits with a blank, aligned by ``CTC``.
    case alignment(blank: Int32)
    /// Quantiles or distributions of numbers.
    case numbers(NumberHead)
  }

  /// How the outputs of the last layer are read.
  package var reading: Reading {
    if let crf { return .chain(crf) }
    if let blank { return .alignment(blank: blank) }
    return numbers.map { .numbers($0) } ?? .plain
  }

  /// The likeliest classes or tags of outputs `[..., K]`, one for each K; 0 past the end of a sample.
  package func choices(_ outputs: Tensor, lengths: [Int]) -> [Int32] {
    guard let crf else { return outputs.argmax() }
    var chosen = [Int32](repeating: 0, count: outputs.shape[0] * lengths.count)
    for (row, found) in crf.viterbi(outputs, lengths: lengths).enumerated() {
      for (step, tag) in found.tags.enumerated() { chosen[step * lengths.count + row] = tag }
    }
    return chosen
  }

  /// The labels of each sample of outputs with a blank, `[T, B, V + 1]`, and the logarithms of their probabilities: of the
  /// likeliest path for a width of 1, else of a beam search.
  package func labels(
    _ outputs: Tensor, lengths: [Int], blank: Int32, beamWidth: Int = 1
  ) -> [(labels: [Int32], logProbability: Double)] {
    ThreadTeam.map(Array(lengths.enumerated())) { row, length in
      let own = outputs.slice(0..<length).slice(row..<row + 1, along: 1)
      let frames = own.reshaped(to: [length, outputs.shape[2]])
      if beamWidth > 1 { return CTC.beamSearch(frames, width: beamWidth, blank: blank) }
      let labels = CTC.greedy(frames, blank: blank)
      return (labels, -Double(CTC.loss(own, [labels], blank: blank).scalar))
    }
  }

  /// Outputs as one number each, `[..., F]`.
  package func points(_ outputs: Tensor) -> Tensor { numbers?.points(outputs) ?? outputs }

  /// The quantiles of outputs that a head forecasts, each with its numbers `[..., F]`, in the samples' scale.
  func quantiles(_ outputs: Tensor) -> [(share: Double, numbers: [Float])] {
    guard let numbers else { return [] }
    return numbers.quantiles(outputs)
  }
}

// MARK: Step by step

extension SequenceReader {
  /// Whether it can run step by step, as control and streams need.
  public var isStepwise: Bool {
    rnn.direction == .forward && pool == nil && crf == nil && blank == nil
  }

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
