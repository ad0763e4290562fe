/// A gated FastRNN whose gate and candidate share their matrices.
///
///     s = W x + U h
///     z = σ(s + b₂)
///     n = tanh(s + bₙ)
///     h' = (σ(ζ) (1 - z) + σ(ν)) n + z h
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `weight_hh [H, H]`, `bias_ih [2H]` in the order z, n,
/// `zeta [1]` and `nu [1]`, which start at 1 and -4.
///
/// RecurrentLayers.jl and torchrecurrent gate with tanh unless told otherwise; the authors' code with σ.
public struct FastGRNN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let sum = cell.linear(x, "ih") + cell.linear(h, "hh")
    let z = sigmoid(sum + cell.bias("ih.z"))
    let n = tanh(sum + cell.bias("ih.n"))
    let zeta = sigmoid(cell.scalar("zeta", initially: .constant(1)))
    let nu = sigmoid(cell.scalar("nu", initially: .constant(-4)))
    cell.update(h, to: (zeta * (1 - z) + nu) * n + z * h)
  }
}

extension FastGRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "fastgrnn", cell: FastGRNN(),
      summary: "gate and candidate share their matrices",
      paper:
        "A. Kusupati et al., FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated"
        + " recurrent neural network, NeurIPS 2018")
  ]
}
