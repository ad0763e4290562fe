import Cells
import Datasets
import Requirements
import TensorCore

/// Converts a batch's input to vectors: an embedding for tokens and classes, the identity for vectors.
///
/// Parameter: `weight [V, E]` of the embedding.
struct InputLayer: Module {
  private var table: Tensor?
  /// The number of units of the output.
  let size: Int

  init(_ kind: ValueKind, embeddingSize: Int) {
    size = kind.isDiscrete ? embeddingSize : kind.size
    table = kind.isDiscrete ? Tensor(parameter: [kind.size, embeddingSize], .normal) : nil
  }

  /// A batch's vectors, time first: `[T, B, size]`; a class or vector is a sequence of one step.
  func callAsFunction(_ value: BatchValue) -> Tensor {
    switch value {
    case .tokens(let padded):
      return embedded(padded.ids, shape: [padded.stepCount, padded.batchSize])
    case .labels(let ids): return embedded(ids, shape: [1, ids.count])
    case .features(let padded):
      return Tensor(padded.values, shape: [padded.stepCount, padded.batchSize, padded.width])
    case .vectors(let values, let width):
      return Tensor(values, shape: [1, values.count / width, width])
    }
  }

  /// What a recurrent layer gives for a batch's vectors, from its first states.
  func read(
    by layer: Recurrent, _ products: TokenProducts, _ value: BatchValue
  ) -> (output: Tensor, state: RecurrentState) {
    guard case .tokens(let padded) = value, let table else {
      return layer(self(value), lengths: value.lengths)
    }
    return products(
      layer, padded.ids, shape: [padded.stepCount, padded.batchSize], of: table,
      from: layer.zeroState(batch: padded.batchSize), lengths: value.lengths)
  }

  /// The same in training.
  func read(
    by layer: Recurrent, _ products: TokenProducts, _ value: BatchValue,
    using generator: inout some RandomNumberGenerator
  ) -> (output: Tensor, state: RecurrentState) {
    let start = layer.zeroState(batch: value.count)
    guard case .tokens(let padded) = value, let table else {
      return layer(self(value), from: start, lengths: value.lengths, using: &generator)
    }
    return products(
      layer, padded.ids, shape: [padded.stepCount, padded.batchSize], of: table, from: start,
      lengths: value.lengths, using: &generator)
  }

  /// The embeddings of tokens.
  func embedded(_ ids: [Int32], shape: [Int]) -> Tensor {
    guard let table else { failure("tokens for a model that reads vectors") }
    return table.gatheringRows(ids, shape: shape)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &table)
  }
}
