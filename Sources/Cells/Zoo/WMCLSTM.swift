/// LSTM with working memory connections: peepholes with full matrices and a tanh.
///
///     i = σ(Wᵢ x + bᵢ + Uᵢ h + tanh(Vᵢ c + b'ᵢ))    f likewise, o with c' for c
///     g = tanh(W₉ x + b₉ + U₉ h)
///     c' = f c + i g
///     h' = o tanh(c')
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [4H, I]`, `bias_ih [4H]`, `weight_hh [4H, H]` in the
/// order i, f, g, o; `weight_ch [3H, H]` (V) and `bias_ch [3H]` in the order i, f, o.
/// RecurrentLayers.jl has the order i, f, o, g.
public struct WMCLSTM: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let (seenByI, seenByF) = (tanh(cell.affine(c, "ch.i")), tanh(cell.affine(c, "ch.f")))
    let i = sigmoid(cell.affine(x, "ih.i") + cell.linear(h, "hh.i") + seenByI)
    let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(h, "hh.f") + seenByF)
    let g = tanh(cell.affine(x, "ih.g") + cell.linear(h, "hh.g"))
    let new = f * c + i * g
    let seenByO = tanh(cell.affine(new, "ch.o"))
    let o = sigmoid(cell.affine(x, "ih.o") + cell.linear(h, "hh.o") + seenByO)
    cell.update(c, to: new)
    cell.update(h, to: o * tanh(new))
  }
}

extension WMCLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "wmclstm", cell: WMCLSTM(),
      summary: "LSTM whose gates see the whole cell state",
      paper:
        "F. Landi, L. Baraldi, M. Cornia and R. Cucchiara, Working memory connections for LSTM,"
        + " Neural Networks 144, 2021")
  ]
}
