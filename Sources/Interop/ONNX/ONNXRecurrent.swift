import Cells
import Checkpoint
import TensorCore

/// An `RNN`, `GRU` or `LSTM` operation of an ONNX model, as a layer with its weights.
///
/// ```swift
/// let operations = try ONNXRecurrent.all(in: ArrayFile(path: "model.onnx"))
/// let (y, states) = operations[0](x)      // x [T, B, I] -> y [T, D, B, H]
/// ```
///
/// Understood are both reset forms, peepholes, coupled gates, every activation of the standard, clipped sums, all directions,
/// both layouts, lengths and initial states. Weights that are not constants, attributes that the standard does not have, and
/// directions with different activations are refused by name.
public struct ONNXRecurrent: Sendable {
  /// The operation's name, or that of its first result.
  public let name: String
  /// The layer; its output has the directions side by side, forward first.
  public let layer: Recurrent
  /// The layer's cell.
  public let cell: any RecurrentCell
  /// Whether input and states have the batch first: the attribute `layout`.
  public let isBatchFirst: Bool
  /// The names of the input, of the lengths and of the first states; empty where the operation leaves them out.
  public let (inputName, lengthsName, hiddenName, cellName): (String, String, String, String)

  /// All recurrent operations of a model, in order.
  ///
  /// - Throws: `CheckpointError` where the file is no ONNX model, or an operation has no equal here.
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
    _ node: ONNXNode, _ constants: [String: StoredArray], of file: ArrayFile
  ) throws(CheckpointError) {
    let name = node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "" : node.name
    func failure(_ reason: String) -> CheckpointError {
      file.failure("\(node.operation) \(name)", reason)
    }
    func input(_ index: Int) -> String { index < node.inputs.count ? node.inputs[index] : "" }
    guard node.inputs.count <= (node.operation == "LSTM" ? 8 : 6) else {
      throw failure("more inputs than the operation has")
    }
    let settings: ONNXSettings
    do throws(ONNXSettingError) {
      settings = try ONNXSettings(node, hasPeepholes: !input(7).isEmpty)
    } catch {
      throw failure(error.reason)
    }
    func weights(_ index: Int, _ what: String, rank: Int) throws(CheckpointError) -> Tensor {
      guard let array = constants[input(index)], array.elementType == .float32 else {
        throw failure("\(what): expected constant weights of float32")
      }
      guard array.shape.count == rank, !array.shape.contains(0),
        array.shape[0] == settings.direction.count
      else {
        throw failure(
          "\(what): expected \(settings.direction.count) directions, found shape \(array.shape)")
      }
      return array.tensor
    }
    let (w, r) = (try weights(1, "W", rank: 3), try weights(2, "R", rank: 3))
    let hidden = settings.hiddenSize == 0 ? r.shape[2] : settings.hiddenSize
    let rows = settings.gates * hidden
    guard w.shape[1] == rows, r.shape[1] == rows, r.shape[2] == hidden else {
      throw failure(
        "expected \(settings.gates) gates of \(hidden) units, found W \(w.shape) and R \(r.shape)")
    }
    let b = input(3).isEmpty ? nil : try weights(3, "B", rank: 2)
    let p = input(7).isEmpty ? nil : try weights(7, "P", rank: 2)
    guard b.map({ $0.shape[1] == 2 * rows }) ?? true, p.map({ $0.shape[1] == 3 * hidden }) ?? true
    else { throw failure("expected B of \(2 * rows) and P of \(3 * hidden) numbers") }

    var layer = Recurrent(
      AnyCell(settings.cell), inputSize: w.shape[2], hiddenSize: hidden,
      direction: settings.direction, bias: b != nil,
      layout: settings.isBatchFirst ? .batchFirst : .timeFirst
    ) { parameter, _ in Tensor(zeros: parameter.shape) }
    let rule = RowRule(operation: node.operation, settings: settings)
    layer.updateParameters { name, parameter in
      let direction = name.hasSuffix("_reverse") ? 1 : 0
      switch name.firstRange(of: "_l0").map({ String(name[..<$0.lowerBound]) }) ?? name {
      case "weight_ih": parameter = rule.rows(w.at(direction))
      case "weight_hh": parameter = rule.rows(r.at(direction))
      case "bias_ih": parameter = rule.rows((b ?? w).at(direction).slice(0..<rows))
      case "bias_hh": parameter = rule.rows((b ?? w).at(direction).slice(rows..<2 * rows))
      default: parameter = rule.peepholes((p ?? w).at(direction))
      }
    }
    self.name = name
    self.layer = layer
    cell = settings.cell
    isBatchFirst = settings.isBatchFirst
    (inputName, lengthsName, hiddenName, cellName) = (input(0), input(4), input(5), input(6))
  }
}

/// How rows of gates in ONNX's order become a cell's.
private struct RowRule {
  var operation: String
  var settings: ONNXSettings

  func rows(_ rows: Tensor) -> Tensor {
    switch (operation, settings.isCoupled) {
    case ("GRU", _): return rows.reorderingGates("zrn", as: "rzn")
    case ("LSTM", false): return rows.reorderingGates("iofg", as: "ifgo")
    case ("LSTM", true):
      // i, o, f, g: f is not used.
      let (i, o, g) = (rows.gate(0, of: 4), rows.gate(1, of: 4), rows.gate(3, of: 4))
      return concatenate([settings.isRegistered ? -i : i, g, o])
    default: return rows
    }
  }

  /// i, o, f as i, f, o, or with coupled gates as f, o.
  func peepholes(_ rows: Tensor) -> Tensor {
    guard settings.isCoupled else { return rows.reorderingGates("iof", as: "ifo") }
    let (i, o) = (rows.gate(0, of: 3), rows.gate(1, of: 3))
    return concatenate([settings.isRegistered ? -i : i, o])
  }
}

/// A cell of any type.
private struct AnyCell: RecurrentCell {
  let base: any RecurrentCell
  init(_ base: any RecurrentCell) { self.base = base }
  func equations(_ cell: inout CellBuilder) { base.equations(&cell) }
}

extension ONNXRecurrent {
  /// Computes what the operation computes, in its own layout.
  ///
  /// - Parameters:
  ///   - x: `[T, B, I]`, or `[B, T, I]` with the batch first.
  ///   - lengths: how many steps of each sample count: `sequence_lens`.
  ///   - hidden: the first hidden state `[D, B, H]`, or `[B, D, H]`; zeros unless given.
  ///   - cell: the first cell state of an LSTM, likewise.
  /// - Returns: `Y` `[T, D, B, H]`, or `[B, T, D, H]`, and the last states, `Y_h` and for an LSTM `Y_c`.
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
  var constants: [String: StoredArray] {
    var constants: [String: StoredArray] = [:]
    for initializer in graph.initializers { constants[initializer.name] = initializer.array }
    for node in graph.nodes where node.operation == "Constant" {
      if case .tensor(let array)? = node.attributes["value"], let name = node.outputs.first {
        constants[name] = array
      }
    }
    return constants
  }
}
