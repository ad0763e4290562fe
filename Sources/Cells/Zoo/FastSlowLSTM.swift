/// Fast-slow LSTM: in each step several fast LSTMs run one after the other, with a slow one after the first.
///
///     a₁, c'₁ = LSTM₁(x; h, c₁)
///     s', d' = LSTMₛ(a₁; s, d)
///     a₂, c'₂ = LSTM₂(s'; a₁, c₂)
///     aₖ, c'ₖ = LSTMₖ(aₖ₋₁, cₖ)         no input, k > 2
///     h' = a of the last
///
/// States: hidden, slow (s), slow cell (d), and cell1, cell2, ..., H each. Parameters, in the order i, f, g, o:
/// `weight_ih1`, `bias_ih1`, `weight_hh1`; the same with suffix `2`, and `s` for the slow cell; the cells from 3 on
/// have `weight_hh3`, `bias_hh3`, ... alone.
public struct FastSlowLSTM: RecurrentCell, Codable, Hashable {
  /// The number of fast cells.
  public var fastCells: Int

  /// A cell with the given number of fast cells.
  public init(fastCells: Int = 2) { self.fastCells = fastCells }

  public func equations(_ cell: inout CellBuilder) {
    let (h, slow) = (cell.state("hidden"), cell.state("slow"))
    let (slowCell, builder) = (cell.state("slow cell"), cell)
    func lstm(_ name: String, _ x: Signal?, _ h: Signal, _ c: Signal) -> Signal {
      func sum(_ gate: String) -> Signal {
        guard let x else { return builder.affine(h, "hh\(name).\(gate)") }
        return builder.affine(x, "ih\(name).\(gate)") + builder.linear(h, "hh\(name).\(gate)")
      }
      let (i, f, g) = (sigmoid(sum("i")), sigmoid(sum("f")), tanh(sum("g")))
      let new = f * c + i * g
      builder.update(c, to: new)
      return sigmoid(sum("o")) * tanh(new)
    }
    var fast = lstm("1", cell.input, h, cell.state("cell1"))
    let newSlow = lstm("s", fast, slow, slowCell)
    for index in 2...fastCells {
      fast = lstm("\(index)", index == 2 ? newSlow : nil, fast, cell.state("cell\(index)"))
    }
    cell.update(slow, to: newSlow)
    cell.update(h, to: fast)
  }

  /// Checks that there are at least two fast cells.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try (2...64).check(fastCells, "fastCells")
  }
}

extension FastSlowLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "fast-slow-lstm", cell: FastSlowLSTM(),
      summary: "fast LSTMs with a slow one between them",
      paper: "A. Mujika, F. Meier and A. Steger, Fast-slow recurrent neural networks, NeurIPS 2017")
  ]
}
