/// Hierarchically gated recurrent network: a linear recurrence whose forget gates have a lower bound.
///
///     f = b + (1 - b) σ(Wᶠ x + bᶠ)
///     i = silu(Wᵢ x + bᵢ) (1 - f)          silu(a) = a σ(a)
///     h' = f h + i
///     y = γ h' / rms(h') silu(W₉ x + b₉)
///
/// State: hidden, H. The output y is no state. Parameters: `weight_ih [3H, I]` and `bias_ih [3H]` in the order
/// i, f, g; `gain [H]` (γ). This is the real-valued form; the paper's first version also rotates h by an angle. The
/// paper's bound b grows from layer to layer: give each layer its own cell.
public struct HGRN: RecurrentCell, Codable, Hashable {
  /// The lower bound of the forget gate, b.
  public var lowerBound: Double

  /// A cell with the given bound.
  public init(lowerBound: Double = 0) { self.lowerBound = lowerBound }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let content = cell.affine(x, "ih.i")
    let f = lowerBound + (1 - lowerBound) * sigmoid(cell.affine(x, "ih.f"))
    let new = f * h + content * sigmoid(content) * (1 - f)
    let gate = cell.affine(x, "ih.g")
    let scale = sqrt((new * new).mean() + 1e-5)
    let gain = cell.vector("gain", initially: .constant(1))
    cell.update(h, to: new)
    cell.output(gain * new / scale * (gate * sigmoid(gate)))
  }

  /// Checks that the bound is in 0 ..< 1.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    guard lowerBound >= 0, lowerBound < 1 else {
      throw UnsuitableOption(
        "lowerBound", expected: "a number from 0, below 1", found: lowerBound)
    }
  }
}

extension HGRN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "hgrn", cell: HGRN(),
      summary: "linear recurrence with bounded forget gates",
      paper:
        "Z. Qin, S. Yang and Y. Zhong, Hierarchically gated recurrent neural network for"
        + " sequence modeling, NeurIPS 2023")
  ]
}
