import Cells

/// A new cell: each unit has a trained decay, and sees only its own previous state.
///
///     d = sigmoid(decay)
///     h' = d ∘ h + (1 - d) ∘ tanh(W x + b + u ∘ h)
///
/// The recurrence is elementwise, so that real-time recurrent learning costs about as much as a forward and a backward
/// pass.
struct PulseCell: RecurrentCell, Codable, Hashable {
  func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let d = sigmoid(cell.vector("decay"))
    let new = tanh(cell.affine(x, "ih") + cell.vector("weight_hh") * h)
    cell.update(h, to: d * h + (1 - d) * new)
  }
}
