import Cells
import Datasets
import Requirements
import TensorCore

/// Writes a sequence from a class or a vector, for example names of a given language.
///
///     c   = the class's embedding, or W_c x + b_c
///     h_t = recurrent layer(the previous token's embedding + c, h_(t-1))
///     y_t = W h_t + b
///
/// Token V is the start token in the input and the end token in the output. Parameters: `condition.weight`, and
/// `condition.bias` for vectors; `embed.weight [V + 1, E]`, `rnn.weight_ih_l0` and so on, `fc.weight` and
/// `fc.bias`.
public struct SequenceWriter: Module {
  /// The model's options and sizes.
  public let configuration: ModelConfiguration
  /// The vocabulary size, V; also the ID of the start and end token.
  public let tokenCount: Int

  private var table: InputLayer?
  private var projection: Linear?
  private var embed: Embedding
  private var rnn: Recurrent
  private var fc: Linear

  /// A model with declared parameters, to be initialized or loaded.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validate(for:)``.
  public init(_ configuration: ModelConfiguration, _ interface: SequenceInterface) {
    self.configuration = configuration
    tokenCount = interface.target.size
    let size = configuration.embeddingSize
    if interface.input.isDiscrete {
      table = InputLayer(interface.input, embeddingSize: size)
    } else {
      projection = Linear(inputSize: interface.input.size, outputSize: size)
    }
    embed = Embedding(count: tokenCount + 1, size: size)
    rnn = configuration.layer(inputSize: size)
    fc = Linear(inputSize: rnn.outputSize, outputSize: tokenCount + 1)
  }

  /// The logits `[T + 1, B, V + 1]` of each next token of the target answers, for training with teacher forcing.
  public func callAsFunction(
    _ input: BatchValue, answers: DecoderTokens, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    let x = embed(answers.inputs, shape: [answers.steps, answers.batch]) + condition(input)
    let start = rnn.zeroState(batch: answers.batch)
    let output = rnn(x, from: start, lengths: answers.lengths, using: &generator).output
    return fc(Dropout(configuration.dropout)(output, using: &generator))
  }

  /// The same for evaluation: without dropout.
  public func callAsFunction(_ input: BatchValue, answers: DecoderTokens) -> Tensor {
    let x = embed(answers.inputs, shape: [answers.steps, answers.batch]) + condition(input)
    return fc(rnn(x, lengths: answers.lengths).output)
  }

  /// The condition vector, which is added to the embedding of every token, `[1, B, E]`.
  private func condition(_ input: BatchValue) -> Tensor {
    if let table { return table(input) }
    guard case .vectors(let values, let width) = input, let projection else {
      failure("a writer's input must be classes or vectors")
    }
    return projection(Tensor(values, shape: [1, values.count / width, width]))
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visitOptional("condition", &table)
    visitor.visitOptional("condition", &projection)
    visitor.visit("embed", &embed)
    visitor.visit("rnn", &rnn)
    visitor.visit("fc", &fc)
  }
}

extension SequenceWriter: StepwiseWriter {
  /// The recurrent state and the condition of a batch.
  public struct State: StepwiseState {
    var recurrent: RecurrentState
    var condition: Tensor

    public func selecting(_ rows: [Int]) -> State {
      State(
        recurrent: recurrent.samples(rows),
        condition: condition.squeezingShape(at: 0).selectingRows(rows).expandingShape(at: 0))
    }
  }

  public func start(_ input: BatchValue) -> State {
    State(recurrent: rnn.zeroState(batch: input.count), condition: condition(input))
  }

  public func step(_ tokens: [Int32], _ state: inout State) -> Tensor {
    let x = embed(tokens, shape: [1, tokens.count]) + state.condition
    let output: Tensor
    (output, state.recurrent) = rnn(x, from: state.recurrent)
    return fc(output.squeezingShape(at: 0))
  }
}
