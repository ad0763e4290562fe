/// Simple recurrent unit: all matrix products are of the input, and the recurrence is elementwise.
///
///     u = W₀ x
///     f = σ(W₁ x + vᶠ c + bᶠ)
///     r = σ(W₂ x + vᵣ c + bᵣ)
///     c' = f c + (1 - f) u
///     h = r c' + (1 - r) s x
///
/// State: cell, H. The output h is no state. Parameters: `weight_ih [3H, I]` in the order u, f, r and, where
/// I is not H, a fourth block whose product replaces s x; `weight_ch [2H]` (v), one weight a unit, and `bias_ih [2H]`
/// in the order f, r. Both gates read the old c.
///
/// The authors' library keeps the gate index innermost: column `unit * 3 + gate` of its matrix is row
/// `gate * H + unit` of ours. Without v (version 1 of the paper) the gates do not depend on the state.
public struct SRU: RecurrentCell, Codable, Hashable {
  /// Whether the gates see the cell state.
  public var hasPeepholes: Bool
  /// The factor s of the input in the output; the paper's is sqrt(1 + 2 exp(b)) where b is the mean bias of r.
  public var inputScale: Double

  /// A cell with the given options.
  public init(hasPeepholes: Bool = true, inputScale: Double = 1) {
    self.hasPeepholes = hasPeepholes
    self.inputScale = inputScale
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, c, builder) = (cell.input, cell.state("cell"), cell)
    func gate(_ name: String) -> Signal {
      let sum = builder.affine(x, "ih.\(name)")
      return sigmoid(hasPeepholes ? sum + builder.vector("weight_ch.\(name)") * c : sum)
    }
    let u = cell.linear(x, "ih.u")
    let (f, r) = (gate("f"), gate("r"))
    let new = f * c + (1 - f) * u
    let skip = x.width == c.width ? inputScale * x : cell.linear(x, "ih.x")
    cell.update(c, to: new)
    cell.output(r * new + (1 - r) * skip)
  }
}

extension SRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "sru", cell: SRU(),
      summary: "simple recurrent unit",
      paper:
        "T. Lei, Y. Zhang, S. Wang, H. Dai and Y. Artzi, Simple recurrent units for highly"
        + " parallelizable recurrence, EMNLP 2018")
  ]
}
