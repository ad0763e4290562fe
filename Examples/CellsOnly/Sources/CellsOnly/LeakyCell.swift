import Cells

/// A simple RNN in which every unit has a trained decay.
struct LeakyCell: RecurrentCell {
  func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let keep = sigmoid(cell.vector("time_constant"))
    let new = tanh(cell.affine(x, "ih") + cell.affine(h, "hh"))
    cell.update(h, to: keep * h + (1 - keep) * new)
  }
}
