/// Simple gated recurrent network: the gate and the candidate share one input product.
///
///     p = W x + b
///     f = σ(p + U h + b')
///     h' = tanh((1 - f) p + f h)
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`, `bias_hh [H]`.
/// b stands in both f and h', so that it can't be merged with b'.
public struct SGRN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let p = cell.affine(x, "ih")
    let f = sigmoid(p + cell.affine(h, "hh"))
    cell.update(h, to: tanh((1 - f) * p + f * h))
  }
}

extension SGRN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "sgrn", cell: SGRN(),
      summary: "simple gated recurrent network",
      paper:
        "X. Zu and K. Wei, A simple gated recurrent network for detection of power quality"
        + " disturbances, 2020")
  ]
}
