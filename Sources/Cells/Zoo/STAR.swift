/// Stackable recurrent cell: designed to keep the size of gradients through many layers.
///
///     z = tanh(W₂ x + b₂)
///     k = σ(Wₖ x + bₖ + U h)
///     h' = tanh((1 - k) h + k z)
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]` and `bias_ih [2H]` in the order z, k; `weight_hh [H, H]`.
public struct STAR: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let z = tanh(cell.affine(x, "ih.z"))
    let k = sigmoid(cell.affine(x, "ih.k") + cell.linear(h, "hh"))
    cell.update(h, to: tanh((1 - k) * h + k * z))
  }
}

extension STAR {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "star", cell: STAR(),
      summary: "stackable recurrent cell",
      paper:
        "M. Turkoglu, S. D'Aronco, J. D. Wegner and K. Schindler, Gating revisited: deep"
        + " multi-layer RNNs that can be trained, IEEE TPAMI 44, 2021")
  ]
}
