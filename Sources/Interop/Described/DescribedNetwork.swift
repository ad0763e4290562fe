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
    // The layers that give one vector, not one for each step.
    var pooled: Set<String> = []
    // By layer, the convolutions on the way to it: layers behind others have other steps.
    var convolutions: [String: [String]] = [:]
    for layer in layers {
      let takesTokens = layer.kind == .embedding || layer.kind == .oneHot
      let reads = layer.reads ?? previous.map { [$0] } ?? []
      guard sizes[layer.name] == nil else {
        throw weights.failure(layer, "expected layers of different names, found two")
      }
      for name in reads where sizes[name] == nil {
        throw weights.failure(layer, "reads \(name): expected a layer before it, found none")
      }
      let readsSeveral = layer.kind == .join || layer.kind == .sum
      guard readsSeveral ? reads.count >= 2 : reads.count <= 1 else {
        throw weights.failure(
          layer, "expected \(readsSeveral ? "layers" : "one layer") to read, found \(reads.count)")
      }
      let vectors = reads.filter { pooled.contains($0) }
      guard vectors.isEmpty || vectors.count == reads.count && !layer.kind.readsSteps else {
        throw weights.failure(layer, "reads \(vectors[0]): expected steps, found one vector")
      }
      guard !takesTokens || reads.isEmpty else {
        throw weights.failure(layer, "expected the first layer for tokens, found one that reads")
      }
      if let state = layer.initialState, outer[state] == nil {
        throw weights.failure(
          layer, "initial state: expected a layer of the encoder, found \(state)")
      }
      let way = reads.first.flatMap { convolutions[$0] } ?? []
      guard reads.allSatisfy({ convolutions[$0] ?? [] == way }) else {
        throw weights.failure(
          layer, "expected layers of the same steps, found a convolution before one of them")
      }
      convolutions[layer.name] = layer.kind == .convolution ? way + [layer.name] : way
      var inputSize = reads.compactMap { sizes[$0] }.reduce(0, +)
      if layer.kind == .sum {
        inputSize = sizes[reads[0]] ?? 0
        guard reads.allSatisfy({ sizes[$0] == inputSize }) else {
          throw weights.failure(layer, "expected layers of \(inputSize) units, found others")
        }
      }
      let (operation, size) = try self.operation(layer, inputSize: inputSize, weights)
      if let state = layer.initialState, outer[state] != size {
        throw weights.failure(
          layer, "initial state: expected \(size) units, found \(outer[state] ?? 0)")
      }
      sizes[layer.name] = size
      if layer.kind.pools || !vectors.isEmpty { pooled.insert(layer.name) }
      parts.append(
        Part(
          name: layer.name, reads: reads, initialState: layer.initialState, operation: operation))
      previous = layer.name
    }
    return parts
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
