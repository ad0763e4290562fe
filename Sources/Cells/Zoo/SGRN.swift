/// Simple gated recurrent network: the gate and what it lets in share one product.
///
///     p = W x + b
///     f = σ(p + U h + b')
///     h' = tanh((1 - f) p + f h)
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`, `bias_hh [H]`.
/// b counts twice, so that it can't be merged with b'.
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
  /// What the registry knows of it.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "sgrn", cell: SGRN(),
      summary: "simple gated recurrent network",
      paper:
        "X. Zu and K. Wei, A simple gated recurrent network for detection of power quality"
        + " disturbances, 2020")
  ]
}
