/// Lipschitz RNN: a differential equation whose matrices are kept stable.
///
///     S(M) = β (M - Mᵀ) + (1 - β) (M + Mᵀ) - γ I
///     h' = h + ε (S(A) h + tanh(S(B) h + W x + b))
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [2H, H]` in the order A, B.
public struct LipschitzRNN: RecurrentCell, Codable, Hashable {
  /// How antisymmetric the matrices are, β.
  public var antisymmetry: Double
  /// The decay of every unit, γ.
  public var diffusion: Double
  /// The size of a step, ε.
  public var stepSize: Double

  /// A cell with the given options.
  public init(antisymmetry: Double = 0.7, diffusion: Double = 0.001, stepSize: Double = 0.1) {
    self.antisymmetry = antisymmetry
    self.diffusion = diffusion
    self.stepSize = stepSize
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, identity) = (cell.input, cell.state("hidden"), cell.identity(cell.hiddenSize))
    func stable(_ m: Matrix) -> Matrix {
      antisymmetry * (m - m.transposed()) + (1 - antisymmetry) * (m + m.transposed())
        - diffusion * identity
    }
    let (a, b) = (stable(cell.matrix("hh.a")), stable(cell.matrix("hh.b")))
    let force = tanh(cell.product(h, b) + cell.affine(x, "ih"))
    cell.update(h, to: h + stepSize * (cell.product(h, a) + force))
  }
}

extension LipschitzRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "lipschitz", cell: LipschitzRNN(),
      summary: "a stable linear part beside a Lipschitz one",
      paper:
        "N. B. Erichson, O. Azencot, A. Queiruga, L. Hodgkinson and M. Mahoney, Lipschitz"
        + " recurrent neural networks, ICLR 2021")
  ]
}
