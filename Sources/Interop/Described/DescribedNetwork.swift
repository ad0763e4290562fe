import Cells
import Checkpoint
import Requirements
import TensorCore

/// A network whose description and weights come from two files.
///
/// ```swift
/// let network = try DescribedNetwork(
///   NetworkDescription(path: "tagger.json"), weights: ArrayFile(path: "np_ckpt.pkl"))
/// let outputs = network(.tokens([2, 17, 5, 3], shape: [4, 1]))
/// outputs["logits"]   // [4, 1, 876]
/// ```
public struct DescribedNetwork: Sendable {
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
    public fileprivate(set) var signals: [String: Tensor] = [:]
    /// The states of recurrent layers.
    public fileprivate(set) var states: [String: RecurrentState] = [:]

    /// What a layer gives. Asking for a layer that the description doesn't name is a caller's bug.
    public subscript(name: String) -> Tensor {
      guard let signal = signals[name] else {
        failure("no layer \(name) among \(signals.keys.sorted().joined(separator: ", "))")
      }
      return signal
    }
  }

  private let layers: [Part]
  private let decoder: [Part]

  /// A layer with its weights.
  private struct Part: Sendable {
    enum Operation: Sendable {
      case embedding(Tensor)
      case oneHot(Int)
      case recurrent(Recurrent)
      case linear(Linear, NetworkDescription.Activation?)
      case join, last, mean, max, unitLength
      case convolution(Conv1d, NetworkDescription.Activation?)
      case attention(Tensor)
    }

    var name: String
    var reads: [String]
    var initialState: String?
    var operation: Operation

    /// The tokens that it knows; nil for a layer that reads vectors.
    var tokenCount: Int? {
      switch operation {
      case .embedding(let table): table.shape[0]
      case .oneHot(let size): size
      default: nil
      }
    }
  }

  /// Finds the weights of a description in a file.
  ///
  /// - Throws: `CheckpointError` if weights are missing, have other shapes, or could be one of two.
  public init(
    _ description: NetworkDescription, weights file: ArrayFile
  ) throws(CheckpointError) {
    let weights = try DescribedWeights(file)
    var sizes: [String: Int] = [:]
    let encoder = try Self.parts(description.layers, weights, &sizes, [:])
    layers = encoder
    let units = sizes
    var own: [String: Int] = [:]
    decoder = try Self.parts(description.decoder ?? [], weights, &own, units)
  }

  /// The layers with their weights; `sizes` is the number of units of each.
  private static func parts(
    _ layers: [NetworkDescription.Layer], _ weights: DescribedWeights, _ sizes: inout [String: Int],
    _ outer: [String: Int]
  ) throws(CheckpointError) -> [Part] {
    var parts: [Part] = []
    var previous: String?
    for layer in layers {
      let takesTokens = layer.kind == .embedding || layer.kind == .oneHot
      let reads = layer.reads ?? previous.map { [$0] } ?? []
      guard sizes[layer.name] == nil else {
        throw weights.failure(layer, "expected layers of different names, found two")
      }
      for name in reads where sizes[name] == nil {
        throw weights.failure(layer, "reads \(name): expected a layer before it, found none")
      }
      guard layer.kind == .join ? reads.count >= 2 : reads.count <= 1 else {
        throw weights.failure(layer, "expected one layer to read, found \(reads.count)")
      }
      guard !takesTokens || reads.isEmpty else {
        throw weights.failure(layer, "expected the first layer for tokens, found one that reads")
      }
      if let state = layer.initialState, outer[state] == nil {
        throw weights.failure(
          layer, "initial state: expected a layer of the encoder, found \(state)")
      }
      let inputSize = reads.compactMap { sizes[$0] }.reduce(0, +)
      let (operation, size) = try self.operation(layer, inputSize: inputSize, weights)
      if let state = layer.initialState, outer[state] != size {
        throw weights.failure(
          layer, "initial state: expected \(size) units, found \(outer[state] ?? 0)")
      }
      sizes[layer.name] = size
      parts.append(
        Part(
          name: layer.name, reads: reads, initialState: layer.initialState, operation: operation))
      previous = layer.name
    }
    return parts
  }

  private static func operation(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> (Part.Operation, size: Int) {
    switch layer.kind {
    case .embedding:
      let table = try weights.matrix("weight", of: layer)
      return (.embedding(table), table.shape[1])
    case .oneHot:
      guard let size = layer.size, (1...65_536).contains(size) else {
        throw weights.failure(layer, "expected a size from 1 to 65536, found none")
      }
      return (.oneHot(size), size)
    case .recurrent:
      // The first layer reads vectors of the size of its weights.
      var size = inputSize
      if size == 0, let input = try weights.tensor("input", of: layer, suffix: "_l0"),
        input.rank == 2
      {
        size = input.shape[layer.hasTransposedMatrices ? 0 : 1]
      }
      let recurrent = try weights.recurrent(layer, inputSize: size)
      return (.recurrent(recurrent), recurrent.outputSize)
    case .linear:
      let linear = try linear(layer, inputSize: inputSize, weights)
      return (.linear(linear, layer.activation), linear.weight.shape[0])
    case .join: return (.join, inputSize)
    case .last: return (.last, inputSize)
    case .mean: return (.mean, inputSize)
    case .max: return (.max, inputSize)
    case .convolution:
      let convolution = try convolution(layer, inputSize: inputSize, weights)
      return (.convolution(convolution, layer.activation), convolution.weight.shape[0])
    case .unitLength: return (.unitLength, inputSize)
    case .attention: return (try attention(layer, inputSize: inputSize, weights), inputSize)
    }
  }

  private static func attention(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> Part.Operation {
    let weight = try weights.matrix("weight", of: layer)
    guard weight.shape.contains(1), weight.count == inputSize else {
      throw weights.failure(
        layer, "expected one weight for each of \(inputSize) inputs, found shape \(weight.shape)")
    }
    return .attention(weight.reshaped(to: [1, inputSize]))
  }

  private static func linear(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> Linear {
    let stored = try weights.matrix("weight", of: layer)
    let matrix = layer.hasTransposedMatrices ? stored.transposed(1, 0) : stored
    let bias = try weights.tensor("bias", of: layer, isOptional: true)
    guard inputSize == 0 || matrix.shape[1] == inputSize,
      bias.map({ $0.shape == [matrix.shape[0]] }) ?? true
    else {
      throw weights.failure(
        layer, "expected a matrix for \(inputSize) inputs, found shape \(stored.shape)")
    }
    return Linear(weight: matrix, bias: bias)
  }

  /// Whether it writes by a decoder.
  var hasDecoder: Bool { !decoder.isEmpty }

  /// The number of tokens that the first layer knows; nil for one that reads vectors.
  var tokenCount: Int? { layers.first?.tokenCount }

  /// The number of tokens that the decoder's first layer knows.
  var decoderTokenCount: Int? { decoder.first?.tokenCount }

  /// The units of the last linear layer; nil where another layer is the last.
  var outputSize: Int? {
    guard case .linear(let layer, _) = (decoder.last ?? layers.last)?.operation else { return nil }
    return layer.weight.shape[0]
  }

  /// Whether a layer pools the steps.
  var isPooled: Bool {
    layers.contains { part in
      switch part.operation {
      case .last, .mean, .max, .attention: true
      default: false
      }
    }
  }

  /// Whether the last layer gives probabilities.
  var endsWithSoftmax: Bool {
    if case .linear(_, .softmax) = layers.last?.operation { true } else { false }
  }

  /// What the last layer gives.
  func last(of outputs: Outputs) -> Tensor { outputs[layers[layers.count - 1].name] }

  private static func convolution(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> Conv1d {
    let (stride, padding) = (layer.stride ?? 1, layer.padding ?? 0)
    guard (1...65_536).contains(stride), (0...65_536).contains(padding) else {
      throw weights.failure(
        layer, "expected a stride from 1 and a padding from 0, found \(stride) and \(padding)")
    }
    guard let weight = try weights.tensor("weight", of: layer), weight.rank == 3,
      inputSize == 0 || weight.shape[1] == inputSize
    else {
      throw weights.failure(layer, "expected weights [O, \(inputSize), K], found another shape")
    }
    let bias = try weights.tensor("bias", of: layer, isOptional: true)
    guard bias?.shape ?? [weight.shape[0]] == [weight.shape[0]] else {
      throw weights.failure(layer, "expected a bias of \(weight.shape[0]) units")
    }
    return Conv1d(weight: weight, bias: bias, stride: stride, padding: .zeros(padding))
  }

  /// Whether the first layer makes one-hot rows of tokens.
  var readsOneHot: Bool { if case .oneHot = layers.first?.operation { true } else { false } }

  /// The numbers of a step that the first layer reads; nil where any are right.
  var inputSize: Int? {
    switch layers.first?.operation {
    case .recurrent(let layer): layer.inputSize
    case .linear(let layer, _): layer.weight.shape[1]
    case .convolution(let layer, _): layer.inputSize
    case .attention(let weight): weight.shape[1]
    default: nil
    }
  }

  /// The fewest steps that all layers can read.
  var fewestSteps: Int {
    layers.reversed().reduce(1) { steps, part in
      guard case .convolution(let layer, _) = part.operation else { return steps }
      guard case .zeros(let padding) = layer.padding else { return steps }
      return Swift.max(1, (steps - 1) * layer.stride + layer.span - 2 * padding)
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

  /// The same for each sequence of a batch; `body` receives the logits of each step, `[1, B, N]`.
  func write(
    after encoder: Outputs, batch: Int, first: Int32, end: Int32, limit: Int,
    _ body: (Tensor) -> Void = { _ in }
  ) -> [[Int32]] {
    require(!decoder.isEmpty, "expected a network with a decoder")
    var written = [[Int32]](repeating: [], count: batch)
    var isWriting = [Bool](repeating: true, count: batch)
    var (inputs, states) = (
      [Int32](repeating: first, count: batch), [String: RecurrentState]()
    )
    for _ in 0..<limit where isWriting.contains(true) {
      let outputs = decode(.tokens(inputs, shape: [1, batch]), after: encoder, from: states)
      let logits = outputs[decoder[decoder.count - 1].name]
      body(logits)
      states = outputs.states
      inputs = logits.reshaped(to: [batch, logits.count / batch]).argmax()
      for (sequence, token) in inputs.enumerated() where isWriting[sequence] {
        if token == end { isWriting[sequence] = false } else { written[sequence].append(token) }
      }
    }
    return written
  }

  private static func run(
    _ parts: [Part], _ input: Input, states: [String: RecurrentState]
  ) -> Outputs {
    var outputs = Outputs()
    for part in parts {
      let read = part.reads.map { outputs[$0] }
      switch part.operation {
      case .embedding(let table):
        outputs.signals[part.name] = tokens(input) { table.gatheringRows($0, shape: $1) }
      case .oneHot(let size):
        outputs.signals[part.name] = tokens(input) { oneHot($0, shape: $1, size: size) }
      case .recurrent(let layer):
        let x = read.first ?? vectors(input)
        let start = states[part.name] ?? layer.zeroState(batch: x.shape[1])
        let (output, state) = layer(x, from: start)
        outputs.signals[part.name] = output
        outputs.states[part.name] = state
      case .linear(let layer, let activation):
        outputs.signals[part.name] = applied(activation, layer(read.first ?? vectors(input)))
      case .join: outputs.signals[part.name] = concatenate(read, along: -1)
      case .last:
        let x = read.first ?? vectors(input)
        outputs.signals[part.name] = x.at(x.shape[0] - 1)
      case .mean: outputs.signals[part.name] = (read.first ?? vectors(input)).mean(along: 0)
      case .max: outputs.signals[part.name] = (read.first ?? vectors(input)).max(along: 0)
      case .convolution(let layer, let activation):
        outputs.signals[part.name] = applied(activation, layer(read.first ?? vectors(input)))
      case .unitLength:
        let x = read.first ?? vectors(input)
        let length = sqrt((x * x).sum(along: x.rank - 1, keepingAxes: true))
        // A vector of zeros stays one.
        outputs.signals[part.name] = x / maximum(length, Tensor(Float.leastNormalMagnitude))
      case .attention(let weight):
        let x = read.first ?? vectors(input)
        let shares = softmax(affine(x, weight: weight), along: 0)
        outputs.signals[part.name] = (x * shares).sum(along: 0)
      }
    }
    return outputs
  }

  private static func applied(
    _ activation: NetworkDescription.Activation?, _ x: Tensor
  ) -> Tensor {
    switch activation {
    case .relu: relu(x)
    case .sigmoid: sigmoid(x)
    case .tanh: tanh(x)
    case .softmax: softmax(x)
    case nil: x
    }
  }

  private static func tokens(_ input: Input, _ body: ([Int32], [Int]) -> Tensor) -> Tensor {
    guard case .tokens(let ids, let shape) = input else {
      failure("expected tokens for the first layer, found vectors")
    }
    require(
      shape.count == 2 && shape[0] * shape[1] == ids.count, "\(ids.count) tokens for \(shape)")
    return body(ids, shape)
  }

  private static func vectors(_ input: Input) -> Tensor {
    guard case .vectors(let tensor) = input else {
      failure("expected vectors for the first layer, found tokens")
    }
    return tensor
  }

  private static func oneHot(_ ids: [Int32], shape: [Int], size: Int) -> Tensor {
    var rows = [Float](repeating: 0, count: ids.count * size)
    for (row, id) in ids.enumerated() where id >= 0 {
      require(Int(id) < size, "expected tokens below \(size), found \(id)")
      rows[row * size + Int(id)] = 1
    }
    return Tensor(rows, shape: shape + [size])
  }
}
