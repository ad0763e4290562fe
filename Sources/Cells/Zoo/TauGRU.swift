/// GRU with weighted time-delay feedback: part of the candidate reads the state of several steps before.
///
///     u = tanh(Wᵤ x + bᵤ + Uᵤ h)
///     z = tanh(W₂ x + b₂ + U₂ h₋)        h₋: the state of d steps before
///     g = σ(W₉ x + b₉ + U₉ h)
///     a = σ(Wₐ x + bₐ + Uₐ h)
///     h' = (1 - g) h + g (u + a z)
///
/// States: hidden, H, and past, (d - 1) H: the previous hidden states, the latest first. Parameters:
/// `weight_ih [4H, I]`, `bias_ih [4H]`, `weight_hh [4H, H]` in the order u, z, g, a.
public struct TauGRU: RecurrentCell, Codable, Hashable {
  /// The delay of h₋ in steps, d; 1 would be h itself.
  public var delay: Int

  /// A cell with the given delay.
  public init(delay: Int = 2) { self.delay = delay }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let past = cell.state("past", width: (delay - 1) * h.width)
    let (queue, builder) = ([h] + past.chunks(delay - 1), cell)
    func sum(_ gate: String, from state: Signal) -> Signal {
      builder.affine(x, "ih.\(gate)") + builder.linear(state, "hh.\(gate)")
    }
    let u = tanh(sum("u", from: h))
    let z = tanh(sum("z", from: queue[delay - 1]))
    let g = sigmoid(sum("g", from: h))
    let a = sigmoid(sum("a", from: h))
    cell.update(h, to: (1 - g) * h + g * (u + a * z))
    cell.update(past, to: concatenate(all: queue.dropLast()))
  }

  /// Checks that the delay is at least two steps.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try (2...256).check(delay, "delay")
  }
}

extension TauGRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "taugru", cell: TauGRU(),
      summary: "GRU with weighted time-delay feedback",
      paper:
        "N. B. Erichson, S. H. Lim and M. Mahoney, Gated recurrent neural networks with"
        + " weighted time-delay feedback, 2022")
  ]
}
