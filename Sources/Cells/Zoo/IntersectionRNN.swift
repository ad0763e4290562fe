/// The +RNN: one path through depth and one through time, which intersect in each cell.
///
///     ŷ = relu(W₁ x + b₁ + U₁ h)       ĥ = tanh(W₂ x + b₂ + U₂ h)
///     g = σ(W₃ x + b₃ + U₃ h)          k = σ(W₄ x + b₄ + U₄ h)
///     y = g x + (1 - g) ŷ
///     h' = k h + (1 - k) ĥ
///
/// State: hidden, H. The output is y, not h. Parameters: `weight_ih [4H, I]`, `bias_ih [4H]`,
/// `weight_hh [4H, H]` in the order ŷ, ĥ, g, k; where I is not H, y uses P x for x, with `weight_ip [H, I]`.
///
/// RecurrentLayers.jl mixes y with 1 - k instead of 1 - g. tf.contrib adds 1 to both gates.
public struct IntersectionRNN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let y = relu(cell.affine(x, "ih.y") + cell.linear(h, "hh.y"))
    let new = tanh(cell.affine(x, "ih.h") + cell.linear(h, "hh.h"))
    let g = sigmoid(cell.affine(x, "ih.g") + cell.linear(h, "hh.g"))
    let k = sigmoid(cell.affine(x, "ih.k") + cell.linear(h, "hh.k"))
    let through = x.width == h.width ? x : cell.linear(x, "ip")
    cell.output(g * through + (1 - g) * y)
    cell.update(h, to: k * h + (1 - k) * new)
  }
}

extension IntersectionRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "intersection", cell: IntersectionRNN(),
      summary: "+RNN: a stream through depth crosses one through time",
      paper:
        "J. Collins, J. Sohl-Dickstein and D. Sussillo, Capacity and trainability in recurrent"
        + " neural networks, ICLR 2017")
  ]
}
