/// Recurrent highway network: several highway layers within each step.
///
///     s₀ = h
///     nₗ = tanh(Wₙ x [l = 1] + Uₙₗ sₗ₋₁ + bₙₗ)
///     tₗ = σ(Wₜ x [l = 1] + Uₜₗ sₗ₋₁ + bₜₗ)
///     sₗ = tₗ nₗ + (1 - tₗ) sₗ₋₁,  or with a separate carry gate cₗ instead of 1 - tₗ
///     h' = s at the last depth
///
/// State: hidden, H. Parameters, L the depth: `weight_ih [2H, I]` in the order n, t; `weight_hh [2LH, H]` and
/// `bias_hh [2LH]`, one block for each depth, each in the order n, t. With a carry gate: `[3H, I]`, `[3LH, H]` and
/// `[3LH]`, in the order n, t, c.
public struct RHN: RecurrentCell, Codable, Hashable {
  /// The number of highway layers in a step.
  public var depth: Int
  /// Whether there is a separate carry gate.
  public var hasCarryGate: Bool

  /// A cell with the given options.
  public init(depth: Int = 3, hasCarryGate: Bool = false) {
    self.depth = depth
    self.hasCarryGate = hasCarryGate
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, builder) = (cell.input, cell.state("hidden"), cell)
    var s = h
    for layer in 1...depth {
      func sum(_ gate: String) -> Signal {
        let recurrent = builder.affine(s, "hh.\(gate)\(layer)")
        return layer == 1 ? builder.linear(x, "ih.\(gate)") + recurrent : recurrent
      }
      let n = tanh(sum("n"))
      let t = sigmoid(sum("t"))
      s = t * n + (hasCarryGate ? sigmoid(sum("c")) : 1 - t) * s
    }
    cell.update(h, to: s)
  }

  /// Checks that a step has at least one layer.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try (1...64).check(depth, "depth")
  }
}

extension RHN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "rhn", cell: RHN(),
      summary: "recurrent highway network, three layers within a step",
      paper:
        "J. Zilly, R. Srivastava, J. Koutník and J. Schmidhuber, Recurrent highway networks,"
        + " ICML 2017")
  ]
}
