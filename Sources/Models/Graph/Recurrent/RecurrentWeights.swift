import Cells
import TensorCore

/// The weights of a recurrent node in ONNX's order of gates, G gates of H units in each of D directions.
struct RecurrentWeights {
  /// `W [D, G H, I]` and `R [D, G H, H]`.
  private let (w, r): (Tensor, Tensor)
  /// `B [D, 2 G H]`, if there is one.
  private let b: Tensor?
  /// `P [D, 3 H]`, if there are peepholes.
  private let p: Tensor?
  private let settings: RecurrentSettings

  init(
    w: Tensor, r: Tensor, b: Tensor?, p: Tensor?, _ settings: RecurrentSettings
  ) throws(GraphFailure) {
    let directions = settings.directions.count
    func check(_ tensor: Tensor?, _ name: String, rank: Int) throws(GraphFailure) {
      guard let tensor else { return }
      guard tensor.rank == rank, tensor.count > 0, tensor.shape[0] == directions else {
        throw GraphFailure(
          "\(name): expected \(directions) directions, found shape \(tensor.shape)")
      }
    }
    try check(w, "W", rank: 3)
    try check(r, "R", rank: 3)
    try check(b, "B", rank: 2)
    try check(p, "P", rank: 2)
    let hidden = settings.hiddenSize ?? r.shape[2]
    let rows = settings.kind.gates * hidden
    guard w.shape[1] == rows, r.shape[1] == rows, r.shape[2] == hidden else {
      throw GraphFailure(
        "expected \(settings.kind.gates) gates of \(hidden) units, "
          + "found W \(w.shape) and R \(r.shape)")
    }
    guard b.map({ $0.shape[1] == 2 * rows }) ?? true, p.map({ $0.shape[1] == 3 * hidden }) ?? true
    else { throw GraphFailure("expected B of \(2 * rows) and P of \(3 * hidden) numbers") }
    (self.w, self.r, self.b, self.p, self.settings) = (w, r, b, p, settings)
  }

  /// The layers of the directions, which are equivalent to the node.
  func layers() -> [Recurrent] { settings.directions.indices.map { layer($0) } }

  private func layer(_ direction: Int) -> Recurrent {
    var layer = Recurrent(
      AnyCell(settings.cells[direction]), inputSize: w.shape[2], hiddenSize: r.shape[2],
      direction: settings.directions[direction], bias: b != nil)
    let rows = r.shape[1]
    let order = GateOrder(settings, isRegistered: !(settings.cells[direction] is ONNXCell))
    layer.updateParameters { name, parameter in
      switch name {
      case "weight_ih_l0": parameter = order.rows(w.at(direction))
      case "weight_hh_l0": parameter = order.rows(r.at(direction))
      case "bias_ih_l0":
        if let b { parameter = order.rows(b.at(direction).slice(0..<rows)) }
      case "bias_hh_l0":
        if let b { parameter = order.rows(b.at(direction).slice(rows..<2 * rows)) }
      default:
        if let p { parameter = order.peepholes(p.at(direction)) }
      }
    }
    return layer
  }
}

/// Converts rows of gates from ONNX's order to a cell's.
private struct GateOrder {
  let settings: RecurrentSettings
  /// Whether the cell is of the registry, whose coupled gates are parameterized by f.
  let isRegistered: Bool

  init(_ settings: RecurrentSettings, isRegistered: Bool) {
    (self.settings, self.isRegistered) = (settings, isRegistered)
  }

  func rows(_ rows: Tensor) -> Tensor {
    switch (settings.kind, settings.isCoupled) {
    case (.gru, _): return rows.reorderingGates("zrn", as: "rzn")
    case (.lstm, false): return rows.reorderingGates("iofg", as: "ifgo")
    case (.lstm, true):
      // i, o, f, g: f is not used.
      let (i, o, g) = (rows.gate(0, of: 4), rows.gate(1, of: 4), rows.gate(3, of: 4))
      return concatenate([isRegistered ? -i : i, g, o])
    case (.rnn, _): return rows
    }
  }

  /// Reorders peepholes from i, o, f to i, f, o, or with coupled gates to f, o.
  func peepholes(_ rows: Tensor) -> Tensor {
    guard settings.isCoupled else { return rows.reorderingGates("iof", as: "ifo") }
    let (i, o) = (rows.gate(0, of: 3), rows.gate(1, of: 3))
    return concatenate([isRegistered ? -i : i, o])
  }
}

/// A cell of any type.
private struct AnyCell: RecurrentCell {
  let base: any RecurrentCell
  init(_ base: any RecurrentCell) { self.base = base }
  func equations(_ cell: inout CellBuilder) { base.equations(&cell) }
}
