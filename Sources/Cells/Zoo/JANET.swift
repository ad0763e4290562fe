/// Just another network: an LSTM with its forget gate alone.
///
///     s = Wₛ x + bₛ + Uₛ h
///     h' = σ(s) h + (1 - σ(s - β)) tanh(Wₙ x + bₙ + Uₙ h)
///
/// State: hidden, H. Parameters: `weight_ih [2H, I]`, `bias_ih [2H]`, `weight_hh [2H, H]` in the order s, n.
/// torchrecurrent makes β a parameter; it is an option here, as in the paper.
public struct JANET: RecurrentCell, Codable, Hashable {
  /// The shift of the input gate, β: above 0 the cell accumulates more than it forgets.
  public var accumulation: Double

  /// A cell with the given β.
  public init(accumulation: Double = 1) { self.accumulation = accumulation }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let s = cell.affine(x, "ih.s") + cell.linear(h, "hh.s")
    let n = tanh(cell.affine(x, "ih.n") + cell.linear(h, "hh.n"))
    cell.update(h, to: sigmoid(s) * h + (1 - sigmoid(s - accumulation)) * n)
  }
}

extension JANET {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "janet", cell: JANET(),
      summary: "LSTM with its forget gate alone",
      paper:
        "J. van der Westhuizen and J. Lasenby, The unreasonable effectiveness of the forget"
        + " gate, 2018")
  ]
}
