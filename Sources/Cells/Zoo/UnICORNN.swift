/// Undamped independent controlled oscillatory RNN: each unit is a Hamiltonian system, which is invertible in time.
///
///     k = Δt σ(c)
///     z' = z - k (tanh(w y + W x + b) + α y)
///     y' = y + k z'
///
/// States: hidden y, H, and velocity z, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`; `weight_hh [H]`
/// (w), one weight a unit, which starts between 0 and 1; `step [H]` (c), between -0.1 and 0.1.
///
/// RecurrentLayers.jl has a dense w and Δt = 1.
public struct UnICORNN: RecurrentCell, Codable, Hashable {
  /// The longest step, Δt.
  public var stepSize: Double
  /// The restoring force, α.
  public var stiffness: Double

  /// A cell with the given options.
  public init(stepSize: Double = 0.1, stiffness: Double = 0.5) {
    self.stepSize = stepSize
    self.stiffness = stiffness
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, y, z) = (cell.input, cell.state("hidden"), cell.state("velocity"))
    let k = stepSize * sigmoid(cell.vector("step", initially: .uniform(-0.1...0.1)))
    let w = cell.vector("weight_hh", initially: .uniform(0...1))
    let velocity = z - k * (tanh(w * y + cell.affine(x, "ih")) + stiffness * y)
    cell.update(z, to: velocity)
    cell.update(y, to: y + k * velocity)
  }
}

extension UnICORNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "unicornn", cell: UnICORNN(),
      summary: "undamped independent oscillators",
      paper:
        "T. K. Rusch and S. Mishra, UnICORNN: a recurrent model for learning very long time"
        + " dependencies, ICML 2021")
  ]
}
