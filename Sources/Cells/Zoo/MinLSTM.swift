/// minLSTM: an LSTM that never looks at its state, so that all its gates are known beforehand.
///
///     n = g(Wₙ x + bₙ)       g(a) = a + 1/2 for a ≥ 0, else σ(a)
///     f = σ(Wᶠ x + bᶠ)
///     i = σ(Wᵢ x + bᵢ)
///     h' = f / (f + i) h + i / (f + i) n
///
/// State: hidden, H. Parameters: `weight_ih [3H, I]`, `bias_ih [3H]` in the order n, f, i.
///
/// The minLSTM of minGRU-pytorch, continued from a carried state, takes log g(h) for log h, so that four and four
/// steps are not eight.
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
  /// What the registry knows of it.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "minlstm", cell: MinLSTM(),
      summary: "LSTM whose gates see the input alone",
      paper:
        "L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we"
        + " needed?, 2024")
  ]
}
