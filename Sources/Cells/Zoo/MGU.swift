/// Minimal gated unit: one gate for both jobs of the GRU.
///
///     f = σ(Wᶠ x + bᶠ + Uᶠ h)
///     h' = (1 - f) h + f tanh(Wₙ x + bₙ + Uₙ (f h))
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]`, `weight_hh [2H, H]` in the order f, n.
/// The three simplified forms leave out the gate's Wᶠ (and bᶠ, or Uᶠ), so their matrices have one block less.
///
/// RecurrentLayers.jl mixes the other way, `f h + (1 - f) n`. Flax's cell is another one: its gate acts
/// after the product.
public struct MGU: RecurrentCell, Codable, Hashable {
  /// What the gate is computed from.
  public enum Gate: String, Codable, Sendable {
    /// Input, state and bias.
    case full
    /// State and bias: MGU1.
    case stateAndBias
    /// The state: MGU2.
    case state
    /// A bias alone, so that the gate is constant: MGU3.
    case bias
  }

  /// What the gate is computed from.
  public var gate: Gate

  /// A cell with the given gate.
  public init(gate: Gate = .full) { self.gate = gate }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let sum =
      switch gate {
      case .full: cell.affine(x, "ih.f") + cell.linear(h, "hh.f")
      case .stateAndBias: cell.linear(h, "hh.f") + cell.bias("ih.f")
      case .state: cell.linear(h, "hh.f")
      case .bias: cell.vector("bias_ih.f")
      }
    let f = sigmoid(sum)
    let n = tanh(cell.affine(x, "ih.n") + cell.linear(f * h, "hh.n"))
    cell.update(h, to: (1 - f) * h + f * n)
  }
}

extension MGU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mgu", cell: MGU(),
      summary: "minimal gated unit: one gate for both jobs of the GRU",
      paper:
        "G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, Minimal gated unit for recurrent neural"
        + " networks, 2016"),
    .init(
      name: "mgu1", cell: MGU(gate: .stateAndBias),
      summary: "minimal gated unit, gate from state and bias",
      paper:
        "J. Heck and F. Salem, Simplified minimal gated unit variations for recurrent neural"
        + " networks, 2017"),
    .init(
      name: "mgu2", cell: MGU(gate: .state),
      summary: "minimal gated unit, gate from the state",
      paper:
        "J. Heck and F. Salem, Simplified minimal gated unit variations for recurrent neural"
        + " networks, 2017"),
    .init(
      name: "mgu3", cell: MGU(gate: .bias),
      summary: "minimal gated unit, gate from a bias",
      paper:
        "J. Heck and F. Salem, Simplified minimal gated unit variations for recurrent neural"
        + " networks, 2017"),
  ]
}
