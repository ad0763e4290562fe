/// MinimalRNN: the input is mapped into the space of the state, where one gate mixes it in.
///
///     z = tanh(W x + b₂)
///     u = σ(U h + V z + bᵤ)
///     h' = u h + (1 - u) z
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `weight_hh [H, H]` (U), `weight_zh [H, H]` (V),
/// `bias_ih [2H]` in the order z, u.
///
/// RecurrentLayers.jl feeds the z of the step before into the gate.
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
  /// What the registry knows of it.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "minimalrnn", cell: MinimalRNN(),
      summary: "one gate over a mapped input",
      paper:
        "M. Chen, MinimalRNN: toward more interpretable and trainable recurrent neural"
        + " networks, 2017")
  ]
}
