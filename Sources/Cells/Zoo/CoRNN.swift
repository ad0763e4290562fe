/// Coupled oscillatory RNN: every unit is a damped, driven oscillator.
///
///     z' = z + Δt (tanh(W x + b + U h + V z) - γ h - ε z)
///     h' = h + Δt z'
///
/// States: hidden, H, and velocity z, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`,
/// `weight_hh [H, H]` (U), `weight_vh [H, H]` (V). The damping reads the old velocity, as the authors' code does.
///
/// RecurrentLayers.jl takes Δt = 1, γ = 0, ε = 0, which is no oscillator.
public struct CoRNN: RecurrentCell, Codable, Hashable {
  /// The size of a step, Δt.
  public var stepSize: Double
  /// The restoring force, γ: the higher, the higher the frequency.
  public var stiffness: Double
  /// The damping, ε.
  public var damping: Double

  /// A cell with the given options.
  public init(stepSize: Double = 0.1, stiffness: Double = 1, damping: Double = 1) {
    self.stepSize = stepSize
    self.stiffness = stiffness
    self.damping = damping
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, z) = (cell.input, cell.state("hidden"), cell.state("velocity"))
    let force = tanh(cell.affine(x, "ih") + cell.linear(h, "hh") + cell.linear(z, "vh"))
    let velocity = z + stepSize * (force - stiffness * h - damping * z)
    cell.update(z, to: velocity)
    cell.update(h, to: h + stepSize * velocity)
  }
}

extension CoRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "cornn", cell: CoRNN(),
      summary: "coupled, damped and driven oscillators",
      paper:
        "T. K. Rusch and S. Mishra, Coupled oscillatory recurrent neural network (coRNN): an"
        + " accurate and (gradient) stable architecture for learning long time dependencies, ICLR"
        + " 2021")
  ]
}
