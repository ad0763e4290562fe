import Cells
import Checkpoint
import Models
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
      case join, sum, last, mean, max, unitLength
      case layerNorm(LayerNorm)
      case batchNorm(FrozenBatchNorm)
      case tags(ConditionalRandomField)
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
    let encoder = try Self.parts(description.layers, weights)
    layers = encoder
    decoder = try Self.parts(description.decoder ?? [], weights, after: encoder)
  }

  /// The layers with their weights; those of a decoder may start from the states of an encoder's.
  private static func parts(
    _ layers: [NetworkDescription.Layer], _ weights: DescribedWeights, after encoder: [Part] = []
  ) throws(CheckpointError) -> [Part] {
    var parts: [Part] = []
    var signals = DescribedSignals()
    for layer in layers {
      let reads = layer.reads ?? parts.last.map { [$0.name] } ?? []
      let inputSize = try signals.units(readBy: layer, reads, weights)
      let (operation, size) = try self.operation(layer, inputSize: inputSize, weights)
      try checkStart(of: layer, operation, after: encoder, weights)
      signals.add(layer, reads, units: size)
      parts.append(
        Part(
          name: layer.name, reads: reads, initialState: layer.initialState, operation: operation))
    }
    return parts
  }

  /// Throws unless the states that a layer starts from are those of a recurrent layer like it.
  private static func checkStart(
    of layer: NetworkDescription.Layer, _ operation: Part.Operation, after encoder: [Part],
    _ weights: DescribedWeights
  ) throws(CheckpointError) {
    guard let name = layer.initialState else { return }
    let source = encoder.first { $0.name == name }?.operation
    guard case .recurrent(let own, _) = operation, case .recurrent(let other, _)? = source else {
      throw weights.failure(
        layer, "initial state: expected a recurrent layer of the encoder, found \(name)")
    }
    let (states, given) = (own.zeroState(batch: 1), other.zeroState(batch: 1))
    guard states.names == given.names,
      zip(states.tensors, given.tensors).allSatisfy({ $0.shape == $1.shape })
    else {
      throw weights.failure(
        layer,
        "initial state: expected \(states.names) of shape \(states.tensors[0].shape), found \(given.names) of shape "
          + "\(given.tensors[0].shape)")
    }
  }

  /// Whether it writes by a decoder.
  var hasDecoder: Bool { !decoder.isEmpty }

  /// The number of tokens that the first layer knows; nil for one that reads vectors.
  var tokenCount: Int? { layers.first?.tokenCount }

  /// The number of tokens that the decoder's first layer knows.
  var decoderTokenCount: Int? { decoder.first?.tokenCount }

  /// The units of the last layer, if it gives a number for each token or tag; nil where another layer is the last.
  var outputSize: Int? {
    switch (decoder.last ?? layers.last)?.operation {
    case .linear(let layer, _): layer.weight.shape[0]
    case .tags(let field): field.tags
    default: nil
    }
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
