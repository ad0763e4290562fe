/// Light GRU: no reset gate, and ReLU instead of tanh.
///
///     z = σ(W₂ x + b₂ + U₂ h)
///     n = relu(Wₙ x + bₙ + Uₙ h)
///     h' = z h + (1 - z) n
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]`, `weight_hh [2H, H]` in the order z, n;
/// SpeechBrain's is n, z, without biases.
///
/// The paper applies batch normalisation to W x, which a single step can't compute: put a normalisation before the
/// layer. The state is not bounded. RecurrentLayers.jl has tanh instead of ReLU.
public struct LiGRU: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let z = sigmoid(cell.affine(x, "ih.z") + cell.linear(h, "hh.z"))
    let n = relu(cell.affine(x, "ih.n") + cell.linear(h, "hh.n"))
    cell.update(h, to: z * h + (1 - z) * n)
  }
}

extension LiGRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "ligru", cell: LiGRU(),
      summary: "light GRU, without a reset gate and with ReLU",
      paper:
        "M. Ravanelli, P. Brakel, M. Omologo and Y. Bengio, Light gated recurrent units for"
        + " speech recognition, IEEE TETCI 2, 2018")
  ]
}
