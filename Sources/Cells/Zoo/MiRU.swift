/// Minion recurrent unit: a GRU whose update gate is a constant.
///
///     r = σ(Wᵣ x + bᵣ + Uᵣ h),  or a constant
///     h' = λ h + (1 - λ) tanh(Wₙ x + bₙ + Uₙ (r h))
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]`, `weight_hh [2H, H]` in the order
/// r, n; with a constant r, only the H rows of n.
///
/// The reset gate of RecurrentLayers.jl is a tanh by default.
public struct MiRU: RecurrentCell, Codable, Hashable {
  /// The share of the state that is kept, λ.
  public var retention: Double
  /// The constant reset gate (MiRU2); nil for a learned one (MiRU1).
  public var reset: Double?

  /// A cell with the given options.
  public init(retention: Double = 0.5, reset: Double? = nil) {
    self.retention = retention
    self.reset = reset
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let r =
      if let reset {
        cell.constant(reset)
      } else {
        sigmoid(cell.affine(x, "ih.r") + cell.linear(h, "hh.r"))
      }
    let n = tanh(cell.affine(x, "ih.n") + cell.linear(r * h, "hh.n"))
    cell.update(h, to: retention * h + (1 - retention) * n)
  }
}

extension MiRU {
  private static let paper =
    "A. Zyarah and D. Kudithipudi, the minion recurrent unit, 2026"

  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "miru1", cell: MiRU(),
      summary: "minion recurrent unit with a reset gate",
      paper: paper),
    .init(
      name: "miru2", cell: MiRU(reset: 0.5),
      summary: "minion recurrent unit with constants for gates",
      paper: paper),
  ]
}
