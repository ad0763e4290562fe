/// LSTM with a memory controller: the output and the fed-back state each have their own gate.
///
///     f, i, o, m = σ(Wₖ x + bₖ + Uₖ v)
///     n = tanh(Wₙ x + bₙ + Uₙ v)
///     c' = f c + i n
///     h = o tanh(c')
///     v' = m tanh(c')
///
/// States: control v, H, and cell, H. The output h is no state. Parameters: `weight_ih [5H, I]`,
/// `bias_ih [5H]`, `weight_hh [5H, H]` in the order f, i, o, m, n.
///
/// RecurrentLayers.jl has no activation on any of the five.
public struct MCLSTM: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, v, c) = (cell.input, cell.state("control"), cell.state("cell"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(v, "hh.f"))
    let i = sigmoid(cell.affine(x, "ih.i") + cell.linear(v, "hh.i"))
    let o = sigmoid(cell.affine(x, "ih.o") + cell.linear(v, "hh.o"))
    let m = sigmoid(cell.affine(x, "ih.m") + cell.linear(v, "hh.m"))
    let n = tanh(cell.affine(x, "ih.n") + cell.linear(v, "hh.n"))
    let new = f * c + i * n
    cell.update(c, to: new)
    let memory = tanh(new)
    cell.update(v, to: m * memory)
    cell.output(o * memory)
  }
}

extension MCLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mclstm", cell: MCLSTM(),
      summary: "LSTM with a memory controller",
      paper:
        "I. Ben-Ari and R. Shwartz-Ziv, Sequence modeling using a memory controller extension"
        + " for LSTM, NeurIPS Time Series Workshop 2017")
  ]
}
