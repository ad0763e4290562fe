/// Elementwise LSTM: its recurrence is elementwise, so that real-time recurrent learning is exact and cheap.
///
///     f = σ(Wᶠ x + bᶠ + wᶠ c)
///     z = tanh(W₂ x + b₂ + w₂ c)
///     c' = f c + (1 - f) z
///     h = σ(Wₒ x + bₒ + Uₒ c') c'
///
/// State: cell, H. The output h is no state. Parameters: `weight_ih [3H, I]` and `bias_ih [3H]` in the
/// order f, z, o; `weight_cc [2H]`, one weight a unit, in the order f, z; `weight_co [H, H]` (Uₒ).
public struct ELSTM: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, c) = (cell.input, cell.state("cell"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.vector("weight_cc.f") * c)
    let z = tanh(cell.affine(x, "ih.z") + cell.vector("weight_cc.z") * c)
    let new = f * c + (1 - f) * z
    cell.update(c, to: new)
    cell.output(sigmoid(cell.affine(x, "ih.o") + cell.linear(new, "co")) * new)
  }
}

extension ELSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "elstm", cell: ELSTM(),
      summary: "elementwise LSTM, made for real-time recurrent learning",
      paper:
        "K. Irie, A. Gopalakrishnan and J. Schmidhuber, Exploring the promise and limits of"
        + " real-time recurrent learning, ICLR 2024")
  ]
}
