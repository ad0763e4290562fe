import Cells
import Checkpoint
import FileCore
import TensorCore

/// An `RNN`, `GRU` or `LSTM` operation of an ONNX model, as a layer with its weights.
///
/// ```swift
/// let operations = try ONNXRecurrent.all(in: ArrayFile(path: "model.onnx"))
/// let (y, states) = operations[0](x)      // x [T, B, I] -> y [T, D, B, H]
/// ```
///
/// Supported: both reset forms, peepholes, coupled gates, every activation of the standard, clipping, all directions,
/// both layouts, lengths and initial states. Refused by name: weights that are not constants, attributes that are not
/// in the standard, and directions with different activations.
public struct ONNXRecurrent: Sendable {
  /// The operation's name, or that of its first result.
  public let name: String
  /// The layer; its output concatenates the directions, forward first.
  public let layer: Recurrent
  /// The layer's cell.
  public let cell: any RecurrentCell
  /// Whether input and states have the batch first: the attribute `layout`.
  public let isBatchFirst: Bool
  /// The names of the input, the lengths and the initial states; empty if omitted.
  public let (inputName, lengthsName, hiddenName, cellName): (String, String, String, String)

  /// All recurrent operations of a model, in order.
  ///
  /// - Throws: `CheckpointError` if the file is not an ONNX model, or an operation is not supported.
  public static func all(in file: ArrayFile) throws(CheckpointError) -> [ONNXRecurrent] {
    guard case .onnx(let model) = file.content else {
      throw file.failure("", "expected an ONNX model")
    }
    let constants = model.constants
    var found: [ONNXRecurrent] = []
    for node in model.graph.nodes where isRecurrent(node) {
      found.append(try ONNXRecurrent(node, constants, of: file))
    }
    return found
  }

  static func isRecurrent(_ node: ONNXNode) -> Bool {
    node.domain.isEmpty && ["RNN", "GRU", "LSTM"].contains(node.operation)
  }

  init(
    _ node: ONNXNode, _ constants: ExactDictionary<StoredArray>, of file: ArrayFile
  ) throws(CheckpointError) {
    let operation = ONNXRecurrentNode(node, constants, of: file)
    let settings = try operation.settings()
    let weights = try ONNXRecurrentWeights(operation, settings)
    name = operation.name
    layer = weights.layer(settings)
    cell = settings.cell
    isBatchFirst = settings.isBatchFirst
    (inputName, lengthsName) = (operation.input(0), operation.input(4))
    (hiddenName, cellName) = (operation.input(5), operation.input(6))
  }
}

extension ONNXRecurrent {
  /// Computes the operation, in its own layout.
  ///
  /// - Parameters:
  ///   - x: `[T, B, I]`, or `[B, T, I]` with the batch first.
  ///   - lengths: the length of each sample: `sequence_lens`.
  ///   - hidden: the initial hidden state `[D, B, H]`, or `[B, D, H]`; zeros by default.
  ///   - cell: the initial cell state of an LSTM, likewise.
  /// - Returns: `Y` `[T, D, B, H]`, or `[B, T, D, H]`, and the final states, `Y_h` and for an LSTM `Y_c`.
  public func callAsFunction(
    _ x: Tensor, lengths: [Int]? = nil, hidden: Tensor? = nil, cell: Tensor? = nil
  ) -> (output: Tensor, hidden: Tensor, cell: Tensor?) {
    func turned(_ state: Tensor) -> Tensor { isBatchFirst ? state.transposed(1, 0, 2) : state }
    var state = layer.zeroState(batch: x.shape[isBatchFirst ? 0 : 1])
    if let hidden { state["hidden"] = turned(hidden) }
    if let cell { state["cell"] = turned(cell) }
    let (y, last) = layer(x, from: state, lengths: lengths)
    let directions = layer.direction.count
    let split = y.reshaped(
      to: [y.shape[0], y.shape[1], directions, y.shape[2] / directions])
    return (
      isBatchFirst ? split : split.transposed(0, 2, 1, 3), turned(last.hidden),
      last.names.contains("cell") ? turned(last["cell"]) : nil
    )
  }
}

extension ONNXModel {
  /// Weights and other constants by name.
  var constants: ExactDictionary<StoredArray> {
    var constants: ExactDictionary<StoredArray> = [:]
    for initializer in graph.initializers { constants[initializer.name] = initializer.array }
    for node in graph.nodes where node.operation == "Constant" {
      if case .tensor(let array)? = node.attributes["value"], let name = node.outputs.first {
        constants[name] = array
      }
    }
    return constants
  }
}
