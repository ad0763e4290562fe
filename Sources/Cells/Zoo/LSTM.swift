/// Long short-term memory, with a forget gate and, if asked for, a projection of the output.
///
///     i = σ(Wᵢ x + bᵢ + Uᵢ h + b'ᵢ)    f, o likewise
///     g = tanh(W₉ x + b₉ + U₉ h + b'₉)
///     c' = f c + i g
///     h' = o tanh(c'),  or  P (o tanh(c'))
///
/// States: hidden, H (or the projection's size), and cell, H. Parameters: `weight_ih [4H, I]`,
/// `bias_ih [4H]`, `weight_hh [4H, H]`, `bias_hh [4H]`, gates in the order i, f, g, o;
/// with a projection to size R: `weight_hh [4H, R]` and `weight_hr [R, H]`.
///
/// Papers: S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997;
/// F. Gers, J. Schmidhuber and F. Cummins, Learning to forget, Neural Computation 12, 2000;
/// projection: H. Sak, A. Senior and F. Beaufays, Interspeech 2014.
public struct LSTM: RecurrentCell, Codable, Hashable {
  /// The size that the output is projected to, if it is.
  public var projectionSize: Int?

  /// A cell with or without projection.
  public init(projectionSize: Int? = nil) { self.projectionSize = projectionSize }

  public func equations(_ cell: inout CellBuilder) {
    let x = cell.input
    let h = cell.state("hidden", width: projectionSize)
    let c = cell.state("cell")
    let i = sigmoid(cell.affine(x, "ih.i") + cell.affine(h, "hh.i"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.affine(h, "hh.f"))
    let g = tanh(cell.affine(x, "ih.g") + cell.affine(h, "hh.g"))
    let o = sigmoid(cell.affine(x, "ih.o") + cell.affine(h, "hh.o"))
    let new = f * c + i * g
    let output = o * tanh(new)
    cell.update(c, to: new)
    cell.update(h, to: projectionSize.map { cell.linear(output, "hr", width: $0) } ?? output)
  }
}
