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
  let layers: [Part]
  let decoder: [Part]

  /// A layer with its weights.
  struct Part: Sendable {
    enum Operation: Sendable {
      case tokens(TokenRows.Table)
      case recurrent(Recurrent, TokenProducts)
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
      if case .tokens(let table) = operation { table.count } else { nil }
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
      return (.tokens(.rows(table)), table.shape[1])
    case .oneHot:
      guard let size = layer.size, (1...65_536).contains(size) else {
        throw weights.failure(layer, "expected a size from 1 to 65536, found none")
      }
      return (.tokens(.oneHot(size)), size)
    case .recurrent:
      // The first layer reads vectors of the size of its weights.
      var size = inputSize
      if size == 0, let input = try weights.tensor("input", of: layer, suffix: "_l0"),
        input.rank == 2
      {
        size = input.shape[layer.hasTransposedMatrices ? 0 : 1]
      }
      let recurrent = try weights.recurrent(layer, inputSize: size)
      return (.recurrent(recurrent, TokenProducts()), recurrent.outputSize)
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
  var readsOneHot: Bool {
    if case .tokens(.oneHot) = layers.first?.operation { true } else { false }
  }

  /// The numbers of a step that the first layer reads; nil where any are right.
  var inputSize: Int? {
    switch layers.first?.operation {
    case .recurrent(let layer, _): layer.inputSize
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
}
