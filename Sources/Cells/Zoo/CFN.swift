/// Chaos-free network: without input its state can only decay.
///
///     θ = σ(Wₜ x + bₜ + Uₜ h)
///     η = σ(Wₑ x + bₑ + Uₑ h)
///     h' = θ tanh(h) + η tanh(Wᵥ x + bᵥ)
///
/// State: hidden, H. Parameters: `weight_ih [3H, I]` and `bias_ih [3H]` in the order θ, η, v;
/// `weight_hh [2H, H]` in the order θ, η. The paper has no bias bᵥ: set it to zero to get the paper's cell.
public struct CFN: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let theta = sigmoid(cell.affine(x, "ih.theta") + cell.linear(h, "hh.theta"))
    let eta = sigmoid(cell.affine(x, "ih.eta") + cell.linear(h, "hh.eta"))
    cell.update(h, to: theta * tanh(h) + eta * tanh(cell.affine(x, "ih.v")))
  }
}

extension CFN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "cfn", cell: CFN(),
      summary: "chaos-free network",
      paper: "T. Laurent and J. von Brecht, A recurrent neural network without chaos, ICLR 2017")
  ]
}
