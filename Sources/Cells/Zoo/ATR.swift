/// Addition-subtraction twin-gated recurrent network: both gates from two products.
///
///     p = W x + b
///     q = U h + b'
///     h' = σ(p + q) p + σ(p - q) h
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`, `bias_hh [H]`.
/// The two biases can't be merged. The new content is p itself, without a tanh.
public struct ATR: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let (p, q) = (cell.affine(x, "ih"), cell.affine(h, "hh"))
    cell.update(h, to: sigmoid(p + q) * p + sigmoid(p - q) * h)
  }
}

extension ATR {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "atr", cell: ATR(),
      summary: "twin gates by addition and subtraction",
      paper:
        "B. Zhang, D. Xiong, J. Su, Q. Lin and H. Zhang, Simplifying neural machine translation"
        + " with addition-subtraction twin-gated recurrent networks, EMNLP 2018")
  ]
}
