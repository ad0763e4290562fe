import Cells
import FileCore
import Models
import Requirements
import TensorCore

extension DescribedNetwork {
  /// What a network reads.
  public enum Input: Sendable {
    /// Tokens of shape `[T, B]`.
    case tokens([Int32], shape: [Int])
    /// Vectors `[T, B, I]`.
    case vectors(Tensor)
  }

  /// What the layers give, and the states of recurrent ones after the last step.
  public struct Outputs: Sendable {
    /// `[T, B, N]`, or `[B, N]` after the steps were pooled.
    public var signals: [String: Tensor] {
      computed.merging(rows.mapValues(\.tensor)) { computed, _ in computed }
    }
    /// The states of recurrent layers.
    public fileprivate(set) var states: [String: RecurrentState] = [:]

    fileprivate var computed: [String: Tensor] = [:]
    /// Of layers that read tokens: a recurrent layer that reads one needs no rows.
    fileprivate var rows: [String: TokenRows] = [:]

    /// What a layer gives. Asking for a layer that the description doesn't name is a caller's bug.
    public subscript(name: String) -> Tensor {
      guard let signal = computed[name] ?? rows[name]?.tensor else {
        failure("no layer \(name) among \(signals.keys.sorted().listed())")
      }
      return signal
    }
  }

  /// Runs the layers over a sequence.
  public func callAsFunction(_ input: Input) -> Outputs {
    Self.run(layers, input, states: [:])
  }

  /// Runs the decoder over a sequence that continues one from which it has states; without states it starts from those
  /// of the encoder's outputs that its layers name.
  public func decode(
    _ input: Input, after encoder: Outputs, from states: [String: RecurrentState] = [:]
  ) -> Outputs {
    var start = states
    for part in decoder where start[part.name] == nil {
      if let name = part.initialState { start[part.name] = encoder.states[name] }
    }
    return Self.run(decoder, input, states: start)
  }

  /// Writes greedily for one sequence: the likeliest token of the decoder's last layer is the next input.
  ///
  /// - Parameters:
  ///   - encoder: The outputs for one sequence.
  ///   - first: The first input.
  ///   - end: The token that ends the writing; it is not returned.
  ///   - limit: The most tokens.
  /// - Returns: The tokens, and the logits of each step, with those that chose the end.
  public func write(
    after encoder: Outputs, first: Int32, end: Int32, limit: Int
  ) -> (tokens: [Int32], logits: [Tensor]) {
    var logits: [Tensor] = []
    let tokens = write(after: encoder, batch: 1, first: first, end: end, limit: limit) {
      logits.append($0.reshaped(to: [$0.count]))
    }
    return (tokens[0], logits)
  }

  /// The same for each sequence of a batch; `body` receives the logits `[1, B, N]` of each step, of the sequences that had
  /// not ended before it.
  func write(
    after encoder: Outputs, batch: Int, first: Int32, end: Int32, limit: Int,
    _ body: (Tensor) -> Void = { _ in }
  ) -> [[Int32]] {
    require(!decoder.isEmpty, "expected a network with a decoder")
    var written = [[Int32]](repeating: [], count: batch)
    var writing = Array(0..<batch)
    var (inputs, states) = (
      [Int32](repeating: first, count: batch), [String: RecurrentState]()
    )
    for _ in 0..<limit where !writing.isEmpty {
      let count = writing.count
      let outputs = decode(.tokens(inputs, shape: [1, count]), after: encoder, from: states)
      let logits = outputs[decoder[decoder.count - 1].name]
      body(logits)
      let tokens = logits.reshaped(to: [count, logits.count / count]).argmax()
      let going = tokens.indices.filter { tokens[$0] != end }
      for place in going { written[writing[place]].append(tokens[place]) }
      states =
        going.count == count ? outputs.states : outputs.states.mapValues { $0.samples(going) }
      (inputs, writing) = (going.map { tokens[$0] }, going.map { writing[$0] })
    }
    return written
  }

  private static func run(
    _ parts: [Part], _ input: Input, states: [String: RecurrentState]
  ) -> Outputs {
    var outputs = Outputs()
    for part in parts {
      let name = part.name
      switch part.operation {
      case .tokens(let table): outputs.rows[name] = tokens(input, of: table)
      case .recurrent(let layer, let products):
        func start(_ batch: Int) -> RecurrentState { states[name] ?? layer.zeroState(batch: batch) }
        let output: Tensor
        if let rows = part.reads.first.flatMap({ outputs.rows[$0] }) {
          (output, outputs.states[name]) = rows.read(
            by: layer, products, from: start(rows.shape[1]))
        } else {
          let x = part.reads.first.map { outputs[$0] } ?? vectors(input)
          (output, outputs.states[name]) = layer(x, from: start(x.shape[1]))
        }
        outputs.computed[name] = output
      case .join: outputs.computed[name] = concatenate(part.reads.map { outputs[$0] }, along: -1)
      case .sum:
        let first = outputs[part.reads[0]]
        outputs.computed[name] = part.reads.dropFirst().reduce(first) { $0 + outputs[$1] }
      default:
        let x = part.reads.first.map { outputs[$0] } ?? vectors(input)
        outputs.computed[name] = value(of: part.operation, x)
      }
    }
    return outputs
  }

  /// What a layer without a state gives for the output of another.
  private static func value(of operation: Part.Operation, _ x: Tensor) -> Tensor {
    switch operation {
    case .tokens, .recurrent, .join, .sum: failure("a layer that reads no single signal")
    case .linear(let layer, let activation): return applied(activation, layer(x))
    case .last: return x.at(x.shape[0] - 1)
    case .mean: return x.mean(along: 0)
    case .max: return x.max(along: 0)
    case .convolution(let layer, let activation): return applied(activation, layer(x))
    case .layerNorm(let layer): return layer(x)
    case .batchNorm(let layer): return layer(x)
    case .tags(let field): return tags(field, x)
    case .unitLength:
      let length = sqrt((x * x).sum(along: x.rank - 1, keepingAxes: true))
      // A vector of zeros stays one.
      return x / maximum(length, Tensor(Float.leastNormalMagnitude))
    case .attention(let weight):
      let shares = softmax(affine(x, weight: weight), along: 0)
      return (x * shares).sum(along: 0)
    }
  }

  /// A 1 at each step's likeliest tag.
  private static func tags(_ field: ConditionalRandomField, _ x: Tensor) -> Tensor {
    var rows = [Float](repeating: 0, count: x.count)
    for (sample, path) in field.viterbi(x).enumerated() {
      for (step, tag) in path.tags.enumerated() {
        rows[(step * x.shape[1] + sample) * field.tags + Int(tag)] = 1
      }
    }
    return Tensor(rows, shape: x.shape)
  }

  private static func applied(
    _ activation: NetworkDescription.Activation?, _ x: Tensor
  ) -> Tensor {
    switch activation {
    case .relu: relu(x)
    case .sigmoid: sigmoid(x)
    case .tanh: tanh(x)
    case .softmax: softmax(x)
    case .logSoftmax: logSoftmax(x)
    case .softplus: softplus(x)
    case .silu: x * sigmoid(x)
    case .elu: select(where: x .> 0, x, else: exp(minimum(x, Tensor(0))) - 1)
    case .leakyRelu: select(where: x .> 0, x, else: x * 0.01)
    case nil: x
    }
  }

  private static func tokens(_ input: Input, of table: TokenRows.Table) -> TokenRows {
    guard case .tokens(let ids, let shape) = input else {
      failure("expected tokens for the first layer, found vectors")
    }
    require(
      shape.count == 2 && shape[0] * shape[1] == ids.count, "\(ids.count) tokens for \(shape)")
    return TokenRows(table: table, ids: ids, shape: shape)
  }

  private static func vectors(_ input: Input) -> Tensor {
    guard case .vectors(let tensor) = input else {
      failure("expected vectors for the first layer, found tokens")
    }
    return tensor
  }
}
