/// Bistable recurrent cell: each unit has two stable values and can hold either for any time.
///
///     a = 1 + tanh(Wₐ x + bₐ + uₐ h)
///     c = σ(W꜀ x + b꜀ + u꜀ h)
///     h' = c h + (1 - c) tanh(Wₙ x + bₙ + a h)
///
/// State: hidden, H. Parameters: `weight_ih [3H, I]` and `bias_ih [3H]` in the order a, c, n;
/// `weight_hh [2H]` in the order a, c, one weight a unit. The neuromodulated form (nBRC) has matrices, Uₐ h and U꜀ h:
/// `weight_hh [2H, H]`.
///
/// The nBRC of RecurrentLayers.jl never uses its recurrent weights.
public struct BRC: RecurrentCell, Codable, Hashable {
  /// Whether the gates a and c see all units (nBRC) instead of their own unit alone.
  public var isNeuromodulated: Bool

  /// A cell with or without neuromodulation.
  public init(isNeuromodulated: Bool = false) { self.isNeuromodulated = isNeuromodulated }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, builder) = (cell.input, cell.state("hidden"), cell)
    func recurrent(_ gate: String) -> Signal {
      isNeuromodulated
        ? builder.linear(h, "hh.\(gate)") : builder.vector("weight_hh.\(gate)") * h
    }
    let a = 1 + tanh(cell.affine(x, "ih.a") + recurrent("a"))
    let c = sigmoid(cell.affine(x, "ih.c") + recurrent("c"))
    cell.update(h, to: c * h + (1 - c) * tanh(cell.affine(x, "ih.n") + a * h))
  }
}

extension BRC {
  private static let paper =
    "N. Vecoven, D. Ernst and G. Drion, A bio-inspired bistable recurrent cell allows for"
    + " long-lasting memory, PLoS ONE 16, 2021"

  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "brc", cell: BRC(),
      summary: "bistable recurrent cell",
      paper: paper),
    .init(
      name: "nbrc", cell: BRC(isNeuromodulated: true),
      summary: "neuromodulated bistable recurrent cell",
      paper: paper),
  ]
}
