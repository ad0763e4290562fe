import Cells
import TensorCore

/// How the outputs of all steps are reduced to one vector.
public enum Pooling: String, Codable, CaseIterable, Sendable {
  /// The last output of each direction: at the sample's last step forwards, at its first step backwards.
  case last
  /// The mean over the sample's steps.
  case mean
  /// The maximum over the sample's steps, for each unit.
  case max
  /// A weighted mean with trained attention weights.
  case attention
}

/// Pools outputs `[T, B, H]` to `[B, H]`, over each sample's own steps.
///
/// With attention:
///
///     a_t = softmax_t(v · tanh(W h_t + b))        y = Σ_t a_t h_t
///
/// Parameters then: `weight [H, H]`, `bias [H]`, `vector [1, H]`. Paper: Z. Yang et al., Hierarchical
/// attention networks for document classification, NAACL 2016.
struct PoolingLayer: Module {
  private let pooling: Pooling
  private let directions: Int
  private var projection: Linear?
  private var vector: Tensor?

  init(_ pooling: Pooling, size: Int, directions: Int) {
    self.pooling = pooling
    self.directions = directions
    guard pooling == .attention else { return }
    projection = Linear(inputSize: size, outputSize: size)
    vector = Tensor(parameter: [1, size], .uniform(fanIn: size))
  }

  func callAsFunction(_ outputs: Tensor, lengths: [Int]) -> Tensor {
    let (steps, batch, size) = (outputs.shape[0], outputs.shape[1], outputs.shape[2])
    switch pooling {
    case .last:
      let table = outputs.reshaped(to: [steps * batch, size])
      let ends = lengths.enumerated().map { Int32((Swift.max(1, $1) - 1) * batch + $0) }
      let forward = table.gatheringRows(ends)
      guard directions == 2 else { return forward }
      let backward = table.gatheringRows((0..<batch).map(Int32.init))
      return concatenate(
        [
          forward.slice(0..<size / 2, along: 1), backward.slice(size / 2..<size, along: 1),
        ], along: 1)
    case .mean:
      // Outputs past a sample's end are zero, so they do not change the sum.
      let shares = lengths.map { 1 / Float(Swift.max(1, $0)) }
      return outputs.sum(along: 0) * Tensor(shares, shape: [batch, 1])
    case .max:
      return (outputs + Self.mask(lengths, steps: steps)).max(along: 0)
    case .attention:
      guard let projection, let vector else { return outputs.sum(along: 0) }
      let scores = affine(tanh(projection(outputs)), weight: vector)
      let weights = softmax(scores + Self.mask(lengths, steps: steps), along: 0)
      return (weights * outputs).sum(along: 0)
    }
  }

  /// 0 at each sample's steps and -1e9 past its end, `[T, B, 1]`.
  private static func mask(_ lengths: [Int], steps: Int) -> Tensor {
    Tensor(
      (0..<steps).flatMap { step in
        lengths.map { step < Swift.max(1, $0) ? Float(0) : -1e9 }
      }, shape: [steps, lengths.count, 1])
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    guard var layer = projection else { return }
    visitor.visit("", &layer)
    projection = layer
    visitor.visit("vector", &vector)
  }
}
