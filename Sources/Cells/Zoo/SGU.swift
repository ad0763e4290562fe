/// Simple gated unit, and its deep form: input and state meet in a product.
///
///     g = tanh(U₉ ((W₉ x + b₉) h) + b'₉)
///     o = softplus(g h),  deep: σ(V (g h))
///     z = clamp(s / 6 + 1/2, 0...1),  s = W₂ x + b₂ + U₂ h + b'₂
///     h' = (1 - z) h + z o
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]`, `weight_hh [2H, H]` and `bias_hh [2H]`
/// in the order g, z; deep: `weight_oh [H, H]` (V). The hard sigmoid has PyTorch's slope, not Keras' 0.2.
public struct SGU: RecurrentCell, Codable, Hashable {
  /// Whether o has its own matrix V.
  public var isDeep: Bool

  /// The simple cell or the deep one.
  public init(isDeep: Bool = false) { self.isDeep = isDeep }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let g = tanh(cell.affine(cell.affine(x, "ih.g") * h, "hh.g"))
    let o = isDeep ? sigmoid(cell.linear(g * h, "oh")) : softplus(g * h)
    let z = hardSigmoid(cell.affine(x, "ih.z") + cell.affine(h, "hh.z"))
    cell.update(h, to: (1 - z) * h + z * o)
  }
}

extension SGU {
  private static let paper =
    "Y. Gao and D. Glowacka, Deep gate recurrent neural network, ACML 2016"

  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "sgu", cell: SGU(),
      summary: "simple gated unit",
      paper: paper),
    .init(
      name: "dsgu", cell: SGU(isDeep: true),
      summary: "deep simple gated unit",
      paper: paper),
  ]
}
