/// An RNN whose recurrent matrix is antisymmetric, a discretised ordinary differential equation.
///
///     A = U - Uᵀ - γ I
///     h' = h + ε tanh(W x + b + A h)
///     h' = h + ε σ(W₂ x + b₂ + A h) tanh(Wₙ x + bₙ + A h)      gated
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`; gated:
/// `weight_ih [2H, I]` and `bias_ih [2H]` in the order z, n. U is stored in full; only U - Uᵀ is used.
///
/// RecurrentLayers.jl and torchrecurrent default to ε = 1 and γ = 0, where the paper tunes both in 0.01 ... 0.1. They
/// initialize U from N(0, 1), which is far too large for wide layers.
public struct Antisymmetric: RecurrentCell, Codable, Hashable {
  /// Whether a gate scales the update.
  public var isGated: Bool
  /// The size of a step, ε.
  public var stepSize: Double
  /// The decay of every unit, γ.
  public var diffusion: Double

  /// A cell with the given options.
  public init(isGated: Bool = false, stepSize: Double = 0.1, diffusion: Double = 0.01) {
    self.isGated = isGated
    self.stepSize = stepSize
    self.diffusion = diffusion
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, u) = (cell.input, cell.state("hidden"), cell.matrix("hh"))
    let a = u - u.transposed() - diffusion * cell.identity(cell.hiddenSize)
    let recurrent = cell.product(h, a)
    if isGated {
      let z = sigmoid(cell.affine(x, "ih.z") + recurrent)
      cell.update(h, to: h + stepSize * z * tanh(cell.affine(x, "ih.n") + recurrent))
    } else {
      cell.update(h, to: h + stepSize * tanh(cell.affine(x, "ih") + recurrent))
    }
  }
}

extension Antisymmetric {
  private static let paper =
    "B. Chang, M. Chen, E. Haber and E. Chi, AntisymmetricRNN: a dynamical system view on"
    + " recurrent neural networks, ICLR 2019"

  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "antisymmetric", cell: Antisymmetric(),
      summary: "RNN with an antisymmetric matrix",
      paper: paper),
    .init(
      name: "antisymmetric-gated", cell: Antisymmetric(isGated: true),
      summary: "gated RNN with an antisymmetric matrix",
      paper: paper),
  ]
}
