/// Light recurrent unit: only the gate sees the state.
///
///     n = tanh(Wₙ x + bₙ)
///     f = σ(Wᶠ x + bᶠ + U h)
///     h' = (1 - f) h + f n
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]` and `bias_ih [2H]` in the order n, f;
/// `weight_hh [H, H]`.
public struct LightRU: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let n = tanh(cell.affine(x, "ih.n"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(h, "hh"))
    cell.update(h, to: (1 - f) * h + f * n)
  }
}

extension LightRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "lightru", cell: LightRU(),
      summary: "light recurrent unit: only the gate sees the state",
      paper:
        "H. Ye et al., Light recurrent unit: towards an interpretable recurrent neural network"
        + " for modeling long-range dependency, Electronics 13, 2024")
  ]
}
