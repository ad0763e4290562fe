import Cells
import TensorCore

/// How a library lays out the weights of an RNN, LSTM or GRU: rows or columns, the order of gates, the biases.
///
/// | convention | matrices | LSTM | GRU | biases |
/// |---|---|---|---|---|
/// | `pytorch` | `[gH, I]`, `[gH, H]` | i, f, g, o | r, z, n | two |
/// | `paddle` | as PyTorch's | i, f, g, o | r, z, n | two |
/// | `keras` | `[I, gH]`, `[H, gH]` | i, f, c, o | z, r, h | one `[gH]`; `[2, gH]` with the reset gate after the product |
/// | `cudnn` | Keras' layers for cuDNN | i, f, c, o | z, r, h | one `[2gH]`, first of the inputs, then of the state |
/// | `dynet` | as PyTorch's | i, f, o, g | | one; 1 is added to that of the forget gate |
///
/// In the layout of cuDNN the columns of a matrix are cut into g blocks of H; the numbers of a block, row by row, are the
/// rows of the gate's matrix `[H, I]`.
public enum WeightConvention: String, Codable, Sendable, CaseIterable {
  /// `torch.nn`.
  case pytorch
  /// `paddle.nn`.
  case paddle
  /// Keras.
  case keras
  /// `CuDNNLSTM` and `CuDNNGRU` of Keras.
  case cudnn
  /// `VanillaLSTMBuilder` of DyNet.
  case dynet

  /// Whether matrices are `[in, out]`.
  var hasTransposedMatrices: Bool { self == .keras || self == .cudnn }
}

/// The weights of one direction of a recurrent layer in this library's layout, which is PyTorch's.
struct RecurrentWeights {
  var input: Tensor
  var recurrent: Tensor
  var inputBias: Tensor?
  var recurrentBias: Tensor?
  /// The number of gates: 1 of an RNN, 3 of a GRU, 4 of an LSTM.
  let gates: Int
  /// Whether two biases or their layout say that a GRU's reset gate acts after the product; nil if nothing says so.
  private(set) var isResetAfter: Bool?

  /// What is wrong with weights, in words.
  struct Mismatch: Error {
    var reason: String
  }

  /// Converts weights from a convention. Weights of Keras in the layout of cuDNN are recognised by their bias: 8H of an
  /// LSTM, 6H of a GRU.
  init(
    _ convention: WeightConvention, input: Tensor, recurrent: Tensor, biases: [Tensor]
  ) throws(Mismatch) {
    let isTransposed = convention.hasTransposedMatrices
    let (rows, hidden) = try Self.size(convention, input, recurrent, biases)
    gates = rows / hidden
    let isCuDNN =
      convention == .cudnn
      || convention == .keras && gates > 1 && biases.count == 1 && biases[0].rank == 1
        && biases[0].count == 2 * rows
    if isCuDNN {
      self.input = Self.turned(input, gates: gates)
      self.recurrent = Self.turned(recurrent, gates: gates)
    } else {
      self.input = isTransposed ? input.transposed(1, 0) : input
      self.recurrent = isTransposed ? recurrent.transposed(1, 0) : recurrent
    }
    (inputBias, recurrentBias, isResetAfter) = Self.biases(
      biases, rows: rows, hasKerasLayout: isTransposed)
    if gates == 3, isTransposed { reorder { $0.reorderingGates("zrn", as: "rzn") } }
    if convention == .dynet {
      guard gates == 4 else { throw Mismatch(reason: "expected an LSTM, found \(gates) gates") }
      reorder { $0.reorderingGates("ifog", as: "ifgo") }
      var bias = (inputBias ?? Tensor(zeros: [rows])).scalars
      for index in hidden..<2 * hidden { bias[index] += 1 }
      inputBias = Tensor(bias, shape: [rows])
    }
  }

  /// The rows of the matrices in PyTorch's layout, and the hidden units.
  private static func size(
    _ convention: WeightConvention, _ input: Tensor, _ recurrent: Tensor, _ biases: [Tensor]
  ) throws(Mismatch) -> (rows: Int, hidden: Int) {
    guard input.rank == 2, recurrent.rank == 2, biases.count <= 2 else {
      throw Mismatch(
        reason: "expected two matrices and at most two biases, found shapes \(input.shape), "
          + "\(recurrent.shape) and \(biases.count) biases")
    }
    let isTransposed = convention.hasTransposedMatrices
    let (rows, hidden) =
      isTransposed
      ? (recurrent.shape[1], recurrent.shape[0]) : (recurrent.shape[0], recurrent.shape[1])
    let gates = hidden > 0 ? rows / hidden : 0
    let sizes = biases.map(\.count)
    guard [1, 3, 4].contains(gates), rows == gates * hidden,
      input.shape[isTransposed ? 1 : 0] == rows,
      sizes.count < 2 ? sizes.allSatisfy({ $0 == rows || $0 == 2 * rows }) : sizes == [rows, rows]
    else {
      throw Mismatch(
        reason: "expected matrices of one, three or four gates and biases, found shapes "
          + "\(input.shape), \(recurrent.shape)" + biases.map { ", \($0.shape)" }.joined())
    }
    return (rows, hidden)
  }

  /// The biases of the inputs and of the state, and what they say of a GRU's reset gate.
  private static func biases(
    _ biases: [Tensor], rows: Int, hasKerasLayout: Bool
  ) -> (input: Tensor?, recurrent: Tensor?, isResetAfter: Bool?) {
    guard let first = biases.first else { return (nil, nil, nil) }
    if biases.count == 2 {
      return (first.reshaped(to: [rows]), biases[1].reshaped(to: [rows]), true)
    }
    if first.count == 2 * rows {
      let halves = first.reshaped(to: [2, rows])
      return (halves.at(0), halves.at(1), true)
    }
    return (first.reshaped(to: [rows]), nil, hasKerasLayout ? false : nil)
  }

  /// Turns a GRU's update gate z into 1 - z.
  mutating func flipUpdateGate() throws(Mismatch) {
    guard gates == 3 else { throw Mismatch(reason: "expected a GRU, found \(gates) gates") }
    reorder { $0.reorderingGates("rzn", as: "rzn", negating: "z") }
  }

  private mutating func reorder(_ change: (Tensor) -> Tensor) {
    (input, recurrent) = (change(input), change(recurrent))
    (inputBias, recurrentBias) = (inputBias.map(change), recurrentBias.map(change))
  }

  /// The rows of gates from Keras' layout for cuDNN, `[I, gH]` to `[gH, I]`.
  private static func turned(_ kernel: Tensor, gates: Int) -> Tensor {
    let (rows, hidden) = (kernel.shape[0], kernel.shape[1] / gates)
    let numbers = kernel.scalars
    var turned: [Float] = []
    turned.reserveCapacity(numbers.count)
    for gate in 0..<gates {
      for row in 0..<rows {
        let start = row * gates * hidden + gate * hidden
        turned += numbers[start..<start + hidden]
      }
    }
    return Tensor(turned, shape: [gates * hidden, rows])
  }
}
