/// The three mutated cells that an evolutionary search over ten thousand architectures found.
///
///     r = σ(Wᵣ x + bᵣ + Uᵣ h)
///     z = σ(W₂ x + b₂),  σ(W₂ x + b₂ + U₂ h)  or  σ(W₂ x + b₂ + U₂ tanh(h))
///     n = tanh(Uₙ (r h) + tanh(Wₙ x + bₙ) + b'ₙ)  or  tanh(Uₙ (r h) + Wₙ x + bₙ)
///     h' = z n + (1 - z) h
///
/// The forms of z are MUT1's, MUT2's and MUT3's; the first form of n is MUT1's. State: hidden, H. Parameters:
/// `weight_ih [3H, I]` and `bias_ih [3H]` in the order z, r, n; `weight_hh [3H, H]` likewise, for MUT1
/// `[2H, H]` in the order r, n. MUT1 also has `bias_hh [H]` (b'ₙ); the paper's bₙ is then zero. The paper's MUT2 has x
/// for Wᵣ x, which needs I = H; ours is the form of the other libraries.
public struct MUT: RecurrentCell, Codable, Hashable {
  /// Which of the three.
  public enum Mutation: String, Codable, Sendable {
    /// MUT1.
    case first
    /// MUT2.
    case second
    /// MUT3.
    case third
  }

  /// Which of the three.
  public var mutation: Mutation

  /// A cell of the given mutation.
  public init(_ mutation: Mutation = .first) { self.mutation = mutation }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let input = cell.affine(x, "ih.z")
    let z =
      switch mutation {
      case .first: sigmoid(input)
      case .second: sigmoid(input + cell.linear(h, "hh.z"))
      case .third: sigmoid(input + cell.linear(tanh(h), "hh.z"))
      }
    let r = sigmoid(cell.affine(x, "ih.r") + cell.linear(h, "hh.r"))
    let content = cell.affine(x, "ih.n")
    let n =
      mutation == .first
      ? tanh(cell.linear(r * h, "hh.n") + tanh(content) + cell.bias("hh"))
      : tanh(cell.linear(r * h, "hh.n") + content)
    cell.update(h, to: z * n + (1 - z) * h)
  }
}

extension MUT {
  private static let paper =
    "R. Jozefowicz, W. Zaremba and I. Sutskever, An empirical exploration of recurrent network"
    + " architectures, ICML 2015"

  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mut1", cell: MUT(.first),
      summary: "mutated cell 1",
      paper: paper),
    .init(
      name: "mut2", cell: MUT(.second),
      summary: "mutated cell 2",
      paper: paper),
    .init(
      name: "mut3", cell: MUT(.third),
      summary: "mutated cell 3",
      paper: paper),
  ]
}
