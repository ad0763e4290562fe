/// Structurally constrained recurrent network: a slow context beside the fast state.
///
///     s' = (1 - α) W₂ x + α s
///     h' = σ(P s' + W x + U h + b)
///
/// States: hidden, H, and context s, H or a size of its own, S. Parameters: `weight_is [S, I]`,
/// `weight_sh [H, S]` (P), `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`.
/// The paper's readout, f(U h' + V s'), is a linear layer over outputs and belongs behind the cell.
///
/// RecurrentLayers.jl and torchrecurrent feed a readout back in the place of h; the first has α = 0, which
/// switches the context off.
public struct SCRN: RecurrentCell, Codable, Hashable {
  /// How much of the context stays, α.
  public var retention: Double
  /// The number of units of the context; nil for H of them. The paper has far fewer.
  public var contextSize: Int?

  /// A cell with the given options.
  public init(retention: Double = 0.95, contextSize: Int? = nil) {
    self.retention = retention
    self.contextSize = contextSize
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let s = cell.state("context", width: contextSize)
    let context = (1 - retention) * cell.linear(x, "is", width: s.width) + retention * s
    cell.update(s, to: context)
    cell.update(
      h, to: sigmoid(cell.linear(context, "sh") + cell.affine(x, "ih") + cell.linear(h, "hh")))
  }

  /// A context has at least one unit.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    if let contextSize { try (1...1 << 20).check(contextSize, "contextSize") }
  }
}

extension SCRN {
  /// What the registry knows of it.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "scrn", cell: SCRN(),
      summary: "a slow context beside a fast state",
      paper:
        "T. Mikolov, A. Joulin, S. Chopra, M. Mathieu and M. Ranzato, Learning longer memory in"
        + " recurrent neural networks, 2014")
  ]
}
