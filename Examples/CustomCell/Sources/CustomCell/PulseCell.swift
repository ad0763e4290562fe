import Cells

/// A cell that no library has: each unit leaks at a rate that it learns, and hears its own last state.
///
///     d = sigmoid(decay)
///     h' = d ∘ h + (1 - d) ∘ tanh(W x + b + u ∘ h)
///
/// No unit reads another one within the recurrence, so it can be learned in real time for about the price of a
/// forward and backward step.
struct PulseCell: RecurrentCell, Codable, Hashable {
  func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let d = sigmoid(cell.vector("decay"))
    let new = tanh(cell.affine(x, "ih") + cell.vector("weight_hh") * h)
    cell.update(h, to: d * h + (1 - d) * new)
  }
}
