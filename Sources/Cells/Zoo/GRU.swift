/// The gated recurrent unit, with the reset gate after or before the recurrent product.
///
///     r = σ(Wᵣ x + bᵣ + Uᵣ h + b'ᵣ)    z likewise
///     n = tanh(Wₙ x + bₙ + r (Uₙ h + b'ₙ))      reset after, as in PyTorch and cuDNN
///     n = tanh(Wₙ x + bₙ + Uₙ (r h) + b'ₙ)      reset before, as in the paper
///     h' = (1 - z) n + z h
///
/// State: hidden, H. Parameters: `weight_ih [3H, I]`, `bias_ih [3H]`, `weight_hh [3H, H]`,
/// `bias_hh [3H]`, gates in the order r, z, n. Weights of one form don't serve the other.
///
/// Paper: K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014.
public struct GRU: RecurrentCell, Codable, Hashable {
  /// Where the reset gate acts.
  public enum Reset: String, Codable, Sendable {
    case afterProduct, beforeProduct
  }

  /// Where the reset gate acts.
  public var reset: Reset

  /// A cell with the reset gate in the given place.
  public init(reset: Reset = .afterProduct) { self.reset = reset }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let r = sigmoid(cell.affine(x, "ih.r") + cell.affine(h, "hh.r"))
    let z = sigmoid(cell.affine(x, "ih.z") + cell.affine(h, "hh.z"))
    let recurrent =
      switch reset {
      case .afterProduct: r * cell.affine(h, "hh.n")
      case .beforeProduct: cell.affine(r * h, "hh.n")
      }
    let n = tanh(cell.affine(x, "ih.n") + recurrent)
    cell.update(h, to: (1 - z) * n + z * h)
  }
}
