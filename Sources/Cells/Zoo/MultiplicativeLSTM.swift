/// Multiplicative LSTM: the recurrent matrix depends on the input.
///
///     m = (Wₘ x + bₘ) (U h + b')
///     i = σ(Wᵢ x + bᵢ + Vᵢ m)    f, o likewise
///     g = tanh(W₉ x + b₉ + V₉ m)
///     c' = f c + i g
///     h' = o tanh(c')
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [5H, I]` and `bias_ih [5H]` in the order
/// m, i, f, g, o; `weight_hh [H, H]` and `bias_hh [H]` of m; `weight_mh [4H, H]` (V) in the order
/// i, f, g, o. The paper has no biases in m. RecurrentLayers.jl has the order m, i, o, f, g.
public struct MultiplicativeLSTM: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let m = cell.affine(x, "ih.m") * cell.affine(h, "hh")
    let i = sigmoid(cell.affine(x, "ih.i") + cell.linear(m, "mh.i"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(m, "mh.f"))
    let g = tanh(cell.affine(x, "ih.g") + cell.linear(m, "mh.g"))
    let o = sigmoid(cell.affine(x, "ih.o") + cell.linear(m, "mh.o"))
    let new = f * c + i * g
    cell.update(c, to: new)
    cell.update(h, to: o * tanh(new))
  }
}

extension MultiplicativeLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "multiplicative-lstm", cell: MultiplicativeLSTM(),
      summary: "LSTM with a recurrent matrix that depends on the input",
      paper:
        "B. Krause, I. Murray, S. Renals and L. Lu, Multiplicative LSTM for sequence modelling,"
        + " ICLR Workshop 2017")
  ]
}
