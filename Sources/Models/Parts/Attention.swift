import Cells
import TensorCore

/// The attention score of a decoder's state and each output of the encoder.
///
///     dot        s_j · h_i
///     general    s_j · W h_i
///     additive   v · tanh(W s_j + U h_i)
///
/// Papers: M.-T. Luong, H. Pham and C. Manning, Effective approaches to attention-based neural machine
/// translation, EMNLP 2015 (dot and general); D. Bahdanau, K. Cho and Y. Bengio, Neural machine translation by
/// jointly learning to align and translate, ICLR 2015 (additive).
public enum Attention: String, Codable, CaseIterable, Sendable {
  /// No attention: the decoder has only the encoder's final state.
  case none
  /// The dot product.
  case dot
  /// The product with a matrix between them.
  case general
  /// A small network: Bahdanau's score.
  case additive
}

/// The values, keys and mask of attention over an encoder's outputs.
struct AttentionMemory: Sendable {
  /// The encoder's outputs, `[B, T, H]`.
  var values: Tensor
  /// The keys: the transposed outputs for dot, `[B, H, T]`; a linear map of the outputs for the other scores.
  var keys: Tensor
  /// 0 at each sample's steps and -1e9 past its end, `[B, 1, T]`.
  var mask: Tensor

  /// The memories of the given samples, in this order; samples may repeat.
  func selecting(_ rows: [Int]) -> AttentionMemory {
    AttentionMemory(
      values: values.selectingRows(rows), keys: keys.selectingRows(rows),
      mask: mask.selectingRows(rows))
  }
}

/// Attention after the recurrence: combines each output of the decoder with the weighted mean of the encoder's
/// outputs,
///
///     a_ji = softmax_i(score(s_j, h_i))        c_j = Σ_i a_ji h_i        y_j = tanh(C [c_j; s_j])
///
/// for all steps of an answer at once. Parameters: `combine.weight [H, H_enc + H]`; for the
/// general score `score.weight [H, H_enc]`; for the additive one `query.weight [H, H]`, `key.weight [H, H_enc]`
/// and `vector [1, H]`.
struct AttentionLayer: Module {
  private let kind: Attention
  private var combine: Linear
  private var query: Linear?
  private var key: Linear?
  private var vector: Tensor?

  /// Attention of a decoder with `size` units over an encoder with `memorySize` units.
  init(_ kind: Attention, size: Int, memorySize: Int) {
    self.kind = kind
    if kind == .additive {
      query = Linear(inputSize: size, outputSize: size, bias: false)
      vector = Tensor(parameter: [1, size], .uniform(fanIn: size))
    }
    if kind != .dot { key = Linear(inputSize: memorySize, outputSize: size, bias: false) }
    combine = Linear(inputSize: memorySize + size, outputSize: size, bias: false)
  }

  /// The memory of an encoder's outputs `[B, T, H_enc]` for samples of the given lengths.
  func memory(of outputs: Tensor, lengths: [Int]) -> AttentionMemory {
    let steps = outputs.shape[1]
    let mask = lengths.flatMap { length in
      (0..<steps).map { $0 < max(1, length) ? Float(0) : -1e9 }
    }
    let keys = key.map { $0(outputs) } ?? outputs
    return AttentionMemory(
      values: outputs,
      keys: kind == .additive ? keys.expandingShape(at: 1) : keys.transposed(0, 2, 1),
      mask: Tensor(mask, shape: [lengths.count, 1, steps]))
  }

  /// The attention weights `[B, T', T]` of a decoder's outputs `[B, T', H]`.
  func weights(of outputs: Tensor, over memory: AttentionMemory) -> Tensor {
    softmax(scores(of: outputs, over: memory) + memory.mask)
  }

  private func scores(of outputs: Tensor, over memory: AttentionMemory) -> Tensor {
    guard let query, let vector else { return matmul(outputs, memory.keys) }
    let sums = tanh(query(outputs).expandingShape(at: 2) + memory.keys)
    return affine(sums, weight: vector).squeezingShape(at: 3)
  }

  /// The decoder's outputs combined with their context vectors, `[B, T', H]`.
  func callAsFunction(_ outputs: Tensor, over memory: AttentionMemory) -> Tensor {
    let context = matmul(weights(of: outputs, over: memory), memory.values)
    return tanh(combine(concatenate([context, outputs], along: 2)))
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visitOptional("query", &query)
    visitor.visit("vector", &vector)
    visitor.visitOptional("key", &key)
    visitor.visit("combine", &combine)
  }
}

extension ParameterVisitor {
  /// Visits the parameters of an optional module.
  mutating func visitOptional(_ name: String, _ module: inout (some Module)?) {
    guard var present = module else { return }
    module = nil  // so that the visitor holds the only reference
    visit(name, &present)
    module = present
  }
}

extension Tensor {
  /// The given indices along the first axis, in this order; they may repeat.
  func selectingRows(_ rows: [Int]) -> Tensor {
    let width = count / Swift.max(1, shape[0])
    return reshaped(to: [shape[0], width]).gatheringRows(rows.map(Int32.init))
      .reshaped(to: [rows.count] + shape.dropFirst())
  }
}
