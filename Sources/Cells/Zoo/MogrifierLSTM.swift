/// Mogrifier LSTM: input and state gate each other in turns before an LSTM step.
///
///     x ← 2 σ(Qᵣ h) x     in the rounds r = 1, 3, ...
///     h ← 2 σ(Rᵣ x) h     in the rounds r = 2, 4, ...
///     then i, f, g, o, c', h' as in an LSTM of x, h and c
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [4H, I]`, `bias_ih [4H]`, `weight_hh [4H, H]` in the
/// order i, f, g, o; `weight_hx` (Q), one `[I, H]` block for each odd round, stacked by rows; `weight_xh` (R), likewise
/// one `[H, I]` block for each even round. If rounds share their matrices, there is one block of each.
public struct MogrifierLSTM: RecurrentCell, Codable, Hashable {
  /// The number of rounds.
  public var rounds: Int
  /// Whether all rounds have the same two matrices.
  public var sharesMatrices: Bool

  /// A cell with the given options.
  public init(rounds: Int = 5, sharesMatrices: Bool = false) {
    self.rounds = rounds
    self.sharesMatrices = sharesMatrices
  }

  public func equations(_ cell: inout CellBuilder) {
    let (hidden, c) = (cell.state("hidden"), cell.state("cell"))
    var (x, h) = (cell.input, hidden)
    for round in 0..<rounds {
      let block = sharesMatrices ? "" : ".\(round + 1)"
      if round % 2 == 0 {
        x = 2 * sigmoid(cell.linear(h, "hx" + block, width: x.width)) * x
      } else {
        h = 2 * sigmoid(cell.linear(x, "xh" + block)) * h
      }
    }
    let i = sigmoid(cell.affine(x, "ih.i") + cell.linear(h, "hh.i"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(h, "hh.f"))
    let g = tanh(cell.affine(x, "ih.g") + cell.linear(h, "hh.g"))
    let o = sigmoid(cell.affine(x, "ih.o") + cell.linear(h, "hh.o"))
    let new = f * c + i * g
    cell.update(c, to: new)
    cell.update(hidden, to: o * tanh(new))
  }

  /// Checks the number of rounds; with 0 rounds the cell is an LSTM.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try (0...64).check(rounds, "rounds")
  }
}

extension MogrifierLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mogrifier", cell: MogrifierLSTM(),
      summary: "LSTM whose input and state gate each other first",
      paper: "G. Melis, T. Kočiský and P. Blunsom, Mogrifier LSTM, ICLR 2020")
  ]
}
