import Cells
import TensorCore

/// A cell with its own ONNX operation: RNN, GRU or LSTM.
///
/// It is recognised by its equations: any cell with those of a published RNN, LSTM or GRU becomes that operation.
enum ONNXNativeCell {
  case rnn(activation: String)
  case gru(linearBeforeReset: Bool)
  case lstm(hasPeepholes: Bool, isCoupled: Bool)

  /// Nil if ONNX has no such operation.
  init?(_ cell: CellGraph) {
    let known: [(any RecurrentCell, ONNXNativeCell)] = [
      (RNN(), .rnn(activation: "Tanh")), (RNN(nonlinearity: .relu), .rnn(activation: "Relu")),
      (GRU(), .gru(linearBeforeReset: true)),
      (GRU(reset: .beforeProduct), .gru(linearBeforeReset: false)),
      (LSTM(), .lstm(hasPeepholes: false, isCoupled: false)),
      (LSTM(hasPeepholes: true), .lstm(hasPeepholes: true, isCoupled: false)),
      (LSTM(gates: .coupled), .lstm(hasPeepholes: false, isCoupled: true)),
      (LSTM(gates: .coupled, hasPeepholes: true), .lstm(hasPeepholes: true, isCoupled: true)),
    ]
    let hasBias = cell.parameters.contains { $0.name.hasPrefix("bias") }
    let simple = cell.simplified()
    let match = known.first { candidate, _ in
      let graph = CellGraph(
        candidate, inputSize: cell.inputSize, hiddenSize: cell.hiddenSize, bias: hasBias)
      return simple.statesTheSame(as: graph.simplified())
    }
    guard let match else { return nil }
    self = match.1
  }

  var operation: String {
    switch self {
    case .rnn: "RNN"
    case .gru: "GRU"
    case .lstm: "LSTM"
    }
  }

  /// The rows of a weight or bias `[gH, ...]` in ONNX's order of gates.
  ///
  /// ONNX couples gates by f = 1 - i, this library by i = 1 - f: so the negated rows of f become those of i.
  func rows(_ tensor: Tensor) -> Tensor {
    switch self {
    case .rnn: return tensor
    case .gru: return tensor.reorderingGates("rzn", as: "zrn")
    case .lstm(_, isCoupled: false): return tensor.reorderingGates("ifgo", as: "iofg")
    case .lstm(_, isCoupled: true):
      let (f, g, o) = (tensor.gate(0, of: 3), tensor.gate(1, of: 3), tensor.gate(2, of: 3))
      return concatenate([-f, o, Tensor(zeros: f.shape), g])
    }
  }

  /// The peepholes `[3H]` in the order i, o, f.
  func peepholes(_ tensor: Tensor) -> Tensor {
    guard case .lstm(_, isCoupled: true) = self else {
      return tensor.reorderingGates("ifo", as: "iof")
    }
    let (f, o) = (tensor.gate(0, of: 2), tensor.gate(1, of: 2))
    return concatenate([-f, o, Tensor(zeros: f.shape)])
  }
}

extension CellGraph {
  /// Whether two simplified graphs state the same equations over parameters of the same names and shapes.
  fileprivate func statesTheSame(as other: CellGraph) -> Bool {
    states == other.states && updates == other.updates && output == other.output
      && sequences == other.sequences
      && parameters.map(\.name) == other.parameters.map(\.name)
      && parameters.map(\.shape) == other.parameters.map(\.shape)
      && graph.nodes.map(\.operation) == other.graph.nodes.map(\.operation)
  }
}
