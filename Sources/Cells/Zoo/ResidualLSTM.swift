/// Residual LSTM: a residual connection from the input, scaled by the output gate.
///
///     i = σ(Wᵢ x + bᵢ + Uᵢ h + pᵢ c)    f likewise, o with c' for c
///     g = tanh(W₉ x + b₉ + U₉ h)
///     c' = f c + i g
///     h' = o (P tanh(c') + R x)
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [4H, I]`, `bias_ih [4H]`, `weight_hh [4H, H]` in the
/// order i, f, g, o; `weight_ch [3H]` (p), one weight a unit, in the order i, f, o; `weight_ph [H, H]` (P);
/// `weight_ir [H, I]` (R).
public struct ResidualLSTM: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let builder = cell
    func sum(_ gate: String) -> Signal {
      builder.affine(x, "ih.\(gate)") + builder.linear(h, "hh.\(gate)")
    }
    let i = sigmoid(sum("i") + cell.vector("weight_ch.i") * c)
    let f = sigmoid(sum("f") + cell.vector("weight_ch.f") * c)
    let new = f * c + i * tanh(sum("g"))
    let o = sigmoid(sum("o") + cell.vector("weight_ch.o") * new)
    cell.update(c, to: new)
    cell.update(h, to: o * (cell.linear(tanh(new), "ph") + cell.linear(x, "ir")))
  }
}

extension ResidualLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "reslstm", cell: ResidualLSTM(),
      summary: "LSTM with a residual connection inside the output gate",
      paper:
        "J. Kim, M. El-Khamy and J. Lee, Residual LSTM: design of a deep recurrent architecture"
        + " for distant speech recognition, Interspeech 2017")
  ]
}
