/// Strongly typed GRU: gates and candidate depend on the current and the previous input alone.
///
///     z = W₂ x + V₂ x₋ + b₂
///     f = σ(Wᶠ x + Vᶠ x₋ + bᶠ)
///     o = tanh(Wₒ x + Vₒ x₋ + bₒ)
///     h' = f h + z o
///
/// States: hidden, H, and past, 3H: the products V x₋. They are kept instead of x₋, so that they are computed for all
/// steps at once. Parameters: `weight_ih [3H, I]`, `bias_ih [3H]` and
/// `weight_ph [3H, I]` (V) in the order z, f, o.
public struct TypedGRU: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let past = cell.state("past", width: 3 * cell.hiddenSize)
    let v = past.chunks(3)
    let z = cell.affine(x, "ih.z") + v[0]
    let f = sigmoid(cell.affine(x, "ih.f") + v[1])
    let o = tanh(cell.affine(x, "ih.o") + v[2])
    cell.update(h, to: f * h + z * o)
    cell.update(past, to: cell.linear(x, "ph", width: past.width))
  }
}

extension TypedGRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "tgru", cell: TypedGRU(),
      summary: "strongly typed GRU",
      paper: "D. Balduzzi and M. Ghifary, Strongly-typed recurrent neural networks, ICML 2016")
  ]
}
