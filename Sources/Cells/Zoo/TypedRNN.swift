/// Strongly typed RNN: the state is never multiplied by a matrix; the recurrence is elementwise.
///
///     z = W₂ x + b₂
///     f = σ(Wᶠ x + bᶠ)
///     h' = f h + (1 - f) z
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]` in the order z, f.
/// RecurrentLayers.jl has f = tanh by default, which is not in 0...1.
public struct TypedRNN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let z = cell.affine(x, "ih.z")
    let f = sigmoid(cell.affine(x, "ih.f"))
    cell.update(h, to: f * h + (1 - f) * z)
  }
}

extension TypedRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "trnn", cell: TypedRNN(),
      summary: "strongly typed RNN",
      paper: "D. Balduzzi and M. Ghifary, Strongly-typed recurrent neural networks, ICML 2016")
  ]
}
