/// Recurrent additive network: the cell state is a gated sum of inputs; the candidate does not depend on the state.
///
///     i = σ(Wᵢ x + bᵢ + Uᵢ h)
///     f = σ(Wᶠ x + bᶠ + Uᶠ h)
///     c' = i (W꜀ x) + f c
///     h' = tanh(c')
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [3H, I]` in the order c, i, f; `bias_ih [2H]`
/// and `weight_hh [2H, H]` in the order i, f. RecurrentLayers.jl has the order i, f, c.
public struct RAN: RecurrentCell, Codable, Hashable {
  /// Whether the output is the cell state itself, the paper's second form.
  public var hasIdentityOutput: Bool

  /// A cell with the given output.
  public init(hasIdentityOutput: Bool = false) { self.hasIdentityOutput = hasIdentityOutput }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let content = cell.linear(x, "ih.c")
    let i = sigmoid(cell.affine(x, "ih.i") + cell.linear(h, "hh.i"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(h, "hh.f"))
    let new = i * content + f * c
    cell.update(c, to: new)
    cell.update(h, to: hasIdentityOutput ? new : tanh(new))
  }
}

extension RAN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "ran", cell: RAN(),
      summary: "recurrent additive network",
      paper: "K. Lee, O. Levy and L. Zettlemoyer, Recurrent additive networks, 2017")
  ]
}
