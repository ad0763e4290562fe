import Cells
import Checkpoint
import FileCore
import TensorCore

/// An `RNN`, `GRU` or `LSTM` operation with the constants of its model.
struct ONNXRecurrentNode {
  let node: ONNXNode
  /// The operation's name, or that of its first result.
  let name: String
  private let constants: ExactDictionary<StoredArray>
  private let file: ArrayFile

  init(_ node: ONNXNode, _ constants: ExactDictionary<StoredArray>, of file: ArrayFile) {
    self.node = node
    self.constants = constants
    self.file = file
    name = node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "" : node.name
  }

  /// The name of an input; empty if omitted.
  func input(_ index: Int) -> String { index < node.inputs.count ? node.inputs[index] : "" }

  func failure(_ reason: String) -> CheckpointError {
    file.failure("\(node.operation) \(name)", reason)
  }

  func settings() throws(CheckpointError) -> ONNXSettings {
    guard node.inputs.count <= (node.operation == "LSTM" ? 8 : 6) else {
      throw failure("more inputs than the operation has")
    }
    do throws(ONNXSettingError) {
      return try ONNXSettings(node, hasPeepholes: !input(7).isEmpty)
    } catch {
      throw failure(error.reason)
    }
  }

  /// The constant of an input, whose first axis is the direction.
  func weights(
    _ index: Int, _ what: String, rank: Int, directions: Int
  ) throws(CheckpointError) -> Tensor {
    guard let array = constants[input(index)], array.elementType == .float32 else {
      throw failure("\(what): expected constant weights of float32")
    }
    guard array.shape.count == rank, !array.shape.contains(0), array.shape[0] == directions else {
      throw failure("\(what): expected \(directions) directions, found shape \(array.shape)")
    }
    return array.tensor
  }
}

/// The weights of a recurrent operation in ONNX's order of gates, G gates of H units in each of D directions.
struct ONNXRecurrentWeights {
  /// `W [D, G H, I]` and `R [D, G H, H]`.
  private let (w, r): (Tensor, Tensor)
  /// `B [D, 2 G H]`, if there is one.
  private let b: Tensor?
  /// `P [D, 3 H]`, if there are peepholes.
  private let p: Tensor?
  private let rule: RowRule

  init(
    _ operation: ONNXRecurrentNode, _ settings: ONNXSettings
  ) throws(CheckpointError) {
    let directions = settings.direction.count
    let w = try operation.weights(1, "W", rank: 3, directions: directions)
    let r = try operation.weights(2, "R", rank: 3, directions: directions)
    let hidden = settings.hiddenSize == 0 ? r.shape[2] : settings.hiddenSize
    let rows = settings.gates * hidden
    guard w.shape[1] == rows, r.shape[1] == rows, r.shape[2] == hidden else {
      throw operation.failure(
        "expected \(settings.gates) gates of \(hidden) units, found W \(w.shape) and R \(r.shape)")
    }
    b =
      operation.input(3).isEmpty
      ? nil : try operation.weights(3, "B", rank: 2, directions: directions)
    p =
      operation.input(7).isEmpty
      ? nil : try operation.weights(7, "P", rank: 2, directions: directions)
    guard b.map({ $0.shape[1] == 2 * rows }) ?? true, p.map({ $0.shape[1] == 3 * hidden }) ?? true
    else {
      throw operation.failure("expected B of \(2 * rows) and P of \(3 * hidden) numbers")
    }
    (self.w, self.r) = (w, r)
    rule = RowRule(operation: operation.node.operation, settings: settings)
  }

  /// The layer that is equivalent to the operation.
  func layer(_ settings: ONNXSettings) -> Recurrent {
    var layer = Recurrent(
      AnyCell(settings.cell), inputSize: w.shape[2], hiddenSize: r.shape[2],
      direction: settings.direction, bias: b != nil,
      layout: settings.isBatchFirst ? .batchFirst : .timeFirst)
    let rows = r.shape[1]
    layer.updateParameters { name, parameter in
      let direction = name.hasSuffix("_reverse") ? 1 : 0
      switch name.firstRange(of: "_l0").map({ String(name[..<$0.lowerBound]) }) ?? name {
      case "weight_ih": parameter = rule.rows(w.at(direction))
      case "weight_hh": parameter = rule.rows(r.at(direction))
      case "bias_ih":
        if let b { parameter = rule.rows(b.at(direction).slice(0..<rows)) }
      case "bias_hh":
        if let b { parameter = rule.rows(b.at(direction).slice(rows..<2 * rows)) }
      default:
        if let p { parameter = rule.peepholes(p.at(direction)) }
      }
    }
    return layer
  }
}

/// Converts rows of gates from ONNX's order to a cell's.
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

  /// Reorders peepholes from i, o, f to i, f, o, or with coupled gates to f, o.
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
