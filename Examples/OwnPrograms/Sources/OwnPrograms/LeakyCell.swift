import Cells

/// A cell that no library has: its units leak, each at a rate that it learns.
///
///     r = sigmoid(rate)
///     h' = h + r ∘ (tanh(W x + b + U h) - h)
struct LeakyCell: RecurrentCell, Codable, Hashable {
  func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let rate = sigmoid(cell.vector("rate"))
    let new = tanh(cell.affine(x, "ih") + cell.affine(h, "hh"))
    cell.update(h, to: h + rate * (new - h))
  }
}
