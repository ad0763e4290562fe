/// minLSTM: an LSTM whose gates depend on the input alone, so that they are computed for all steps at once.
///
///     n = g(Wₙ x + bₙ)       g(a) = a + 1/2 for a ≥ 0, else σ(a)
///     f = σ(Wᶠ x + bᶠ)
///     i = σ(Wᵢ x + bᵢ)
///     h' = f / (f + i) h + i / (f + i) n
///
/// State: hidden, H. Parameters: `weight_ih [3H, I]`, `bias_ih [3H]` in the order n, f, i.
///
/// The minLSTM of minGRU-pytorch uses log g(h) for log h where it continues from a carried state, so that two runs of
/// four steps differ from one run of eight.
public struct MinLSTM: RecurrentCell, Codable, Hashable {
  /// Whether the candidate goes through g.
  public var isPositive: Bool

  /// A cell with or without g.
  public init(isPositive: Bool = true) { self.isPositive = isPositive }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let content = cell.affine(x, "ih.n")
    let n = isPositive ? MinGRU.positive(content) : content
    let f = sigmoid(cell.affine(x, "ih.f"))
    let i = sigmoid(cell.affine(x, "ih.i"))
    cell.update(h, to: f / (f + i) * h + i / (f + i) * n)
  }
}

extension MinLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "minlstm", cell: MinLSTM(),
      summary: "LSTM whose gates see the input alone",
      paper:
        "L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we"
        + " needed?, 2024")
  ]
}
