/// Structurally constrained recurrent network: a slow context beside the fast state.
///
///     s' = (1 - α) W₂ x + α s
///     h' = σ(P s' + W x + U h + b)
///
/// States: hidden, H, and context s, S (by default H). Parameters: `weight_is [S, I]`,
/// `weight_sh [H, S]` (P), `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`.
/// The paper's readout, f(U h' + V s'), is a linear layer over the outputs and not part of the cell.
///
/// RecurrentLayers.jl and torchrecurrent feed a readout back instead of h; the former has α = 0, which disables the
/// context.
public struct SCRN: RecurrentCell, Codable, Hashable {
  /// The share of the context that is kept, α.
  public var retention: Double
  /// The number of units of the context; nil for H. The paper has far fewer.
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

  /// Checks that the context has at least one unit.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    if let contextSize { try (1...1 << 20).check(contextSize, "contextSize") }
  }
}

extension SCRN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "scrn", cell: SCRN(),
      summary: "a slow context beside a fast state",
      paper:
        "T. Mikolov, A. Joulin, S. Chopra, M. Mathieu and M. Ranzato, Learning longer memory in"
        + " recurrent neural networks, 2014")
  ]
}
