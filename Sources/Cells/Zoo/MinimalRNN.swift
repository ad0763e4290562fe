/// MinimalRNN: the input is mapped to a vector of H units, which one gate mixes with the state.
///
///     z = tanh(W x + b₂)
///     u = σ(U h + V z + bᵤ)
///     h' = u h + (1 - u) z
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `weight_hh [H, H]` (U), `weight_zh [H, H]` (V),
/// `bias_ih [2H]` in the order z, u.
///
/// RecurrentLayers.jl feeds the previous step's z into the gate.
public struct MinimalRNN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let z = tanh(cell.linear(x, "ih") + cell.bias("ih.z"))
    let u = sigmoid(cell.linear(h, "hh") + cell.linear(z, "zh") + cell.bias("ih.u"))
    cell.update(h, to: u * h + (1 - u) * z)
  }
}

extension MinimalRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "minimalrnn", cell: MinimalRNN(),
      summary: "one gate over a mapped input",
      paper:
        "M. Chen, MinimalRNN: toward more interpretable and trainable recurrent neural"
        + " networks, 2017")
  ]
}
