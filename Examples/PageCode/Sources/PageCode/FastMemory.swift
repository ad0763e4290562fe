import Cells

/// A cell whose state is a matrix that keys write to and queries read, from the page about matrices as states.
struct FastMemory: RecurrentCell {
  func equations(_ cell: inout CellBuilder) {
    let x = cell.input
    let s = cell.state("matrix", shape: [1, cell.hiddenSize, cell.hiddenSize])
    let a = sigmoid(cell.affine(x, "decay")).shaped(1, cell.hiddenSize).expanded(at: -1)
    let k = cell.affine(x, "key").shaped(1, cell.hiddenSize)
    let v = cell.affine(x, "value").shaped(1, cell.hiddenSize)
    let q = cell.affine(x, "query").shaped(1, cell.hiddenSize)

    let matrix = a * s + outer(k, v)  // S' = diag(a) S + k vᵀ
    cell.update(s, to: matrix)
    let o = matrix.read(by: q)
    cell.output(tanh(o.shaped(cell.hiddenSize)))
  }
}
