/// An RNN with a weighted residual connection: two more numbers than the simple one.
///
///     h' = σ(α) tanh(W x + b + U h) + σ(β) h
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`, `alpha [1]`,
/// `beta [1]`. α starts at -3 and β at 3, as in the paper: most of the state is kept.
///
/// RecurrentLayers.jl and torchrecurrent start them at 3 and -3, which makes almost a plain RNN.
public struct FastRNN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let alpha = sigmoid(cell.scalar("alpha", initially: .constant(-3)))
    let beta = sigmoid(cell.scalar("beta", initially: .constant(3)))
    let new = tanh(cell.affine(x, "ih") + cell.linear(h, "hh"))
    cell.update(h, to: alpha * new + beta * h)
  }
}

extension FastRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "fastrnn", cell: FastRNN(),
      summary: "RNN with a weighted residual connection",
      paper:
        "A. Kusupati et al., FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated"
        + " recurrent neural network, NeurIPS 2018")
  ]
}
