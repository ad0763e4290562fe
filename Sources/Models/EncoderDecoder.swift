import Cells
import Datasets
import TensorCore

/// An encoder-decoder: reads a whole sequence, then writes another one, as in translation.
///
///     h_i = encoder(x_i, h_(i-1)), in one direction or both       s_0 = the encoder's final states
///     s_j = decoder(embedding of the previous token, s_(j-1))
///     y_j = W tanh(C [c_j; s_j]) + b,  c_j the attention's context vector;  without attention W s_j + b
///
/// With a bidirectional encoder each initial state of the decoder is a linear map of the encoder's two final states.
/// Attention comes after the recurrence and is not fed into the next step, so that training on a whole answer takes
/// one pass. Token V is the start token in the decoder's input and the end token in its output.
///
/// Parameters: `encoder.embed.weight`, `encoder.rnn.…`, `bridge.STATE.…`, `decoder.embed.weight [V + 1, E]`,
/// `decoder.rnn.…`, `attention.…`, `fc.weight` and `fc.bias`.
///
/// Papers: I. Sutskever, O. Vinyals and Q. Le, Sequence to sequence learning with neural networks, NeurIPS
/// 2014; K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014.
public struct EncoderDecoder: Module {
  /// The model's options and sizes.
  public let configuration: ModelConfiguration
  /// The vocabulary size of the answers, V; also the ID of the start and end token.
  public let tokenCount: Int

  private var source: InputLayer
  private var encoder: Recurrent
  private var bridges: [Linear] = []
  private var target: Embedding
  private var decoder: Recurrent
  private var attention: AttentionLayer?
  private var fc: Linear
  /// The products of the embeddings with the input weights of the encoder and of the decoder.
  private let sourceProducts = TokenProducts()
  private let targetProducts = TokenProducts()

  /// A model with declared parameters, to be initialized or loaded.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validate(for:)``.
  public init(_ configuration: ModelConfiguration, _ interface: SequenceInterface) {
    self.configuration = configuration
    tokenCount = interface.target.size
    let size = configuration.embeddingSize
    source = InputLayer(interface.input, embeddingSize: size)
    encoder = configuration.layer(inputSize: source.size, direction: configuration.direction)
    if configuration.isBidirectional {
      bridges = encoder.stateSizes.map {
        Linear(inputSize: 2 * $0.width, outputSize: $0.width)
      }
    }
    target = Embedding(count: tokenCount + 1, size: size)
    decoder = configuration.layer(inputSize: size)
    if configuration.attention != .none {
      attention = AttentionLayer(
        configuration.attention, size: decoder.outputSize, memorySize: encoder.outputSize)
    }
    fc = Linear(inputSize: decoder.outputSize, outputSize: tokenCount + 1)
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("encoder.embed", &source)
    visitor.visit("encoder.rnn", &encoder)
    for (index, state) in encoder.cell.states.enumerated() where index < bridges.count {
      visitor.visit("bridge.\(state.name)", &bridges[index])
    }
    visitor.visit("decoder.embed", &target)
    visitor.visit("decoder.rnn", &decoder)
    visitor.visitOptional("attention", &attention)
    visitor.visit("fc", &fc)
  }
}

// MARK: Training

extension EncoderDecoder {
  /// The logits `[T' + 1, B, V + 1]` of each next token, for training with teacher forcing.
  ///
  /// - Parameters:
  ///   - input: the input sequences.
  ///   - answers: the target answers.
  ///   - share: the probability that the decoder's input is the target token instead of its own prediction.
  ///   - generator: the random generator for dropout and for the choice of inputs.
  public func callAsFunction(
    _ input: BatchValue, answers: DecoderTokens, teacherForcing share: Double = 1,
    using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    var answers = answers
    if share < 1 {
      let own = self.detached(input, answers: answers).argmax()
      answers = answers.mixed(with: own, share: share, using: &generator)
    }
    let read = source.read(by: encoder, sourceProducts, input, using: &generator)
    let state = State(recurrent: bridged(read.state), memory: memory(read.output, input))
    let output = targetProducts(
      decoder, answers.inputs, shape: [answers.steps, answers.batch], of: target.weight,
      from: state.recurrent, lengths: answers.lengths, using: &generator
    ).output
    return logits(
      Dropout(configuration.dropout)(output, using: &generator), over: state.memory)
  }

  /// The same for evaluation: without dropout.
  public func callAsFunction(_ input: BatchValue, answers: DecoderTokens) -> Tensor {
    let state = start(input)
    return logits(outputs(answers, from: state), over: state.memory)
  }

  /// The decoder's outputs after each token of the answers.
  private func outputs(_ answers: DecoderTokens, from state: State) -> Tensor {
    targetProducts(
      decoder, answers.inputs, shape: [answers.steps, answers.batch], of: target.weight,
      from: state.recurrent, lengths: answers.lengths
    ).output
  }

  /// The logits without gradients.
  private func detached(_ input: BatchValue, answers: DecoderTokens) -> Tensor {
    var constant = self
    constant.updateParameters { $1 = $1.detached() }
    return constant(input, answers: answers)
  }

  /// The decoder's initial states, from the encoder's final states.
  private func bridged(_ state: RecurrentState) -> RecurrentState {
    guard !bridges.isEmpty else { return state }
    return RecurrentState(
      zip(state.names, bridges).map { name, bridge in
        let both = state[name]  // [L * 2, B, width]: of each layer forwards, then backwards
        let (layers, batch, width) = (both.shape[0] / 2, both.shape[1], both.shape[2])
        let pairs = both.reshaped(to: [layers, 2, batch, width]).transposed(0, 2, 1, 3)
        return (name, bridge(pairs.reshaped(to: [layers, batch, 2 * width])))
      })
  }

  private func memory(_ outputs: Tensor, _ input: BatchValue) -> AttentionMemory? {
    attention.map { layer in
      let lengths = input.lengths ?? Array(repeating: 1, count: input.count)
      return layer.memory(of: outputs.transposed(1, 0, 2), lengths: lengths)
    }
  }

  private func logits(_ outputs: Tensor, over memory: AttentionMemory?) -> Tensor {
    guard let attention, let memory else { return fc(outputs) }
    return fc(attention(outputs.transposed(1, 0, 2), over: memory).transposed(1, 0, 2))
  }
}

// MARK: Writing

extension EncoderDecoder: StepwiseWriter {
  /// The decoder's state of a batch, and the encoder's outputs for attention.
  public struct State: StepwiseState {
    var recurrent: RecurrentState
    var memory: AttentionMemory?

    public func selecting(_ rows: [Int]) -> State {
      State(recurrent: recurrent.samples(rows), memory: memory?.selecting(rows))
    }
  }

  public func start(_ input: BatchValue) -> State {
    let read = source.read(by: encoder, sourceProducts, input)
    return State(recurrent: bridged(read.state), memory: memory(read.output, input))
  }

  public func step(_ tokens: [Int32], _ state: inout State) -> Tensor {
    let output: Tensor
    (output, state.recurrent) = targetProducts(
      decoder, tokens, shape: [1, tokens.count], of: target.weight, from: state.recurrent)
    return logits(output, over: state.memory).squeezingShape(at: 0)
  }

  /// The attention weights `[T' + 1, T]` of each answer token over the input's steps, for a batch of one sample; nil
  /// without attention.
  public func alignment(_ input: BatchValue, answers: DecoderTokens) -> Tensor? {
    let state = start(input)
    guard let attention, let memory = state.memory else { return nil }
    let output = outputs(answers, from: state)
    return attention.weights(of: output.transposed(1, 0, 2), over: memory).at(0)
  }
}
