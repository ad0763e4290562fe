/// minGRU: a GRU whose gates depend on the input alone, so that they are computed for all steps at once.
///
///     n = g(Wₙ x + bₙ)       g(a) = a + 1/2 for a ≥ 0, else σ(a)
///     z = σ(W₂ x + b₂)
///     h' = (1 - z) h + z n
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]` in the order n, z.
/// g keeps the state positive, so that logarithms of it exist; the paper's plain form has n = Wₙ x + bₙ.
public struct MinGRU: RecurrentCell, Codable, Hashable {
  /// Whether the candidate goes through g.
  public var isPositive: Bool

  /// A cell with or without g.
  public init(isPositive: Bool = true) { self.isPositive = isPositive }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let content = cell.affine(x, "ih.n")
    let n = isPositive ? Self.positive(content) : content
    let z = sigmoid(cell.affine(x, "ih.z"))
    cell.update(h, to: (1 - z) * h + z * n)
  }

  /// The paper's g.
  static func positive(_ a: Signal) -> Signal { choose(where: a .> 0, a + 0.5, else: sigmoid(a)) }
}

extension MinGRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mingru", cell: MinGRU(),
      summary: "GRU whose gates see the input alone",
      paper:
        "L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we"
        + " needed?, 2024")
  ]
}
