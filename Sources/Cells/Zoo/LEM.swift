/// Long expressive memory: two time scales, both learned, for every unit.
///
///     d = Δt σ(W₁ x + b₁ + U₁ y)
///     e = Δt σ(W₂ x + b₂ + U₂ y)
///     z' = (1 - e) z + e tanh(W₄ x + b₄ + U₄ y)
///     y' = (1 - d) y + d tanh(W₃ x + b₃ + V z')
///
/// States: hidden y, H, and memory z, H. Parameters: `weight_ih [4H, I]` and `bias_ih [4H]` in the order
/// d, e, y, z, which is the authors'; `weight_hh [3H, H]` in the order d, e, z; `weight_mh [H, H]` (V).
///
/// y' reads the new z', as in the paper and the authors' code; RecurrentLayers.jl and torchrecurrent read
/// the old one, which changes outputs by some tenths.
public struct LEM: RecurrentCell, Codable, Hashable {
  /// The longest step, Δt.
  public var stepSize: Double

  /// A cell with the given longest step.
  public init(stepSize: Double = 1) { self.stepSize = stepSize }

  public func equations(_ cell: inout CellBuilder) {
    let (x, y, z) = (cell.input, cell.state("hidden"), cell.state("memory"))
    let d = stepSize * sigmoid(cell.affine(x, "ih.d") + cell.linear(y, "hh.d"))
    let e = stepSize * sigmoid(cell.affine(x, "ih.e") + cell.linear(y, "hh.e"))
    let (inputY, inputZ) = (cell.affine(x, "ih.y"), cell.affine(x, "ih.z"))
    let memory = (1 - e) * z + e * tanh(inputZ + cell.linear(y, "hh.z"))
    cell.update(z, to: memory)
    cell.update(y, to: (1 - d) * y + d * tanh(inputY + cell.linear(memory, "mh")))
  }
}

extension LEM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "lem", cell: LEM(),
      summary: "long expressive memory with two learned time scales",
      paper:
        "T. K. Rusch, S. Mishra, N. B. Erichson and M. Mahoney, Long expressive memory for"
        + " sequence modeling, ICLR 2022")
  ]
}
