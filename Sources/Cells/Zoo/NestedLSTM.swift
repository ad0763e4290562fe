/// Nested LSTM: the cell state of an LSTM is itself the output of an LSTM.
///
///     i, f, o = σ(Wₖ x + bₖ + Uₖ h)        g = tanh(W₉ x + b₉ + U₉ h)
///     inner, on the input i g and the state f c:
///     ĩ, f̃, õ = σ(W̃ₖ (i g) + b̃ₖ + Ũₖ (f c))    g̃ = tanh(W̃₉ (i g) + b̃₉ + Ũ₉ (f c))
///     d' = f̃ d + ĩ g̃
///     c' = õ tanh(d')
///     h' = o tanh(c')
///
/// States: hidden, cell, and inner cell d, H each. Parameters in the order i, f, g, o: `weight_ih [4H, I]`,
/// `bias_ih [4H]`, `weight_hh [4H, H]`; of the inner LSTM `weight_gc [4H, H]`, `bias_gc [4H]` and
/// `weight_cc [4H, H]`.
///
/// The common Keras port adds i to g instead of multiplying.
public struct NestedLSTM: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let (d, builder) = (cell.state("inner"), cell)
    func outer(_ gate: String) -> Signal {
      builder.affine(x, "ih.\(gate)") + builder.linear(h, "hh.\(gate)")
    }
    let (i, f) = (sigmoid(outer("i")), sigmoid(outer("f")))
    let (g, o) = (tanh(outer("g")), sigmoid(outer("o")))
    let (content, memory) = (i * g, f * c)
    func inner(_ gate: String) -> Signal {
      builder.affine(content, "gc.\(gate)") + builder.linear(memory, "cc.\(gate)")
    }
    let (innerI, innerF) = (sigmoid(inner("i")), sigmoid(inner("f")))
    let (innerG, innerO) = (tanh(inner("g")), sigmoid(inner("o")))
    let newInner = innerF * d + innerI * innerG
    let new = innerO * tanh(newInner)
    cell.update(d, to: newInner)
    cell.update(c, to: new)
    cell.update(h, to: o * tanh(new))
  }
}

extension NestedLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "nested-lstm", cell: NestedLSTM(),
      summary: "LSTM whose cell state is the output of an LSTM",
      paper: "J. Moniz and D. Krueger, Nested LSTMs, ACML 2017")
  ]
}
