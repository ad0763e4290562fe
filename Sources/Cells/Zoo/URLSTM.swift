/// LSTM with a refine gate and forget gates that are initialized uniformly over 0...1.
///
///     f = σ(Wᶠ x + Uᶠ h + b)
///     r = σ(Wᵣ x + Uᵣ h - b)
///     g = 2 r f + (1 - 2 r) f²
///     c' = g c + (1 - g) tanh(Wᵤ x + Uᵤ h + bᵤ)
///     h' = σ(Wₒ x + Uₒ h + bₒ) tanh(c')
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [4H, I]`, `weight_hh [4H, H]` in the order
/// f, r, u, o; `bias_ih [2H]` in the order u, o; `bias_f [H]` (b), initialized to log(p / (1 - p)) with p uniform
/// between 1/H and 1 - 1/H.
public struct URLSTM: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let margin = 1 / Double(max(cell.hiddenSize, 2))
    let bias = cell.vector("bias_f", initially: .logit(margin...1 - margin))
    let f = sigmoid(cell.linear(x, "ih.f") + cell.linear(h, "hh.f") + bias)
    let r = sigmoid(cell.linear(x, "ih.r") + cell.linear(h, "hh.r") - bias)
    let g = 2 * r * f + (1 - 2 * r) * f * f
    let u = tanh(cell.affine(x, "ih.u") + cell.linear(h, "hh.u"))
    let o = sigmoid(cell.affine(x, "ih.o") + cell.linear(h, "hh.o"))
    let new = g * c + (1 - g) * u
    cell.update(c, to: new)
    cell.update(h, to: o * tanh(new))
  }
}

extension URLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "urlstm", cell: URLSTM(),
      summary: "LSTM with a refine gate and uniform gate initialisation",
      paper:
        "A. Gu, C. Gulcehre, T. Paine, M. Hoffman and R. Pascanu, Improving the gating"
        + " mechanism of recurrent neural networks, ICML 2020")
  ]
}
