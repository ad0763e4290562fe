/// Update gate RNN: a simple RNN with one gate.
///
///     n = tanh(Wₙ x + bₙ + Uₙ h)
///     g = σ(W₉ x + b₉ + U₉ h)
///     h' = g h + (1 - g) n
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]`, `weight_hh [2H, H]` in the order n, g.
/// tf.contrib has the order g, n and adds 1 to the gate.
public struct UGRNN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let n = tanh(cell.affine(x, "ih.n") + cell.linear(h, "hh.n"))
    let g = sigmoid(cell.affine(x, "ih.g") + cell.linear(h, "hh.g"))
    cell.update(h, to: g * h + (1 - g) * n)
  }
}

extension UGRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "ugrnn", cell: UGRNN(),
      summary: "update gate RNN",
      paper:
        "J. Collins, J. Sohl-Dickstein and D. Sussillo, Capacity and trainability in recurrent"
        + " neural networks, ICLR 2017")
  ]
}
