/// sLSTM of the xLSTM: exponential input gates, kept finite by a running maximum.
///
///     ĩ, f̃, z̃, õ = Wₖ x + bₖ + Uₖ h
///     m' = max(ĩ, m + log σ(f̃)),  but ĩ where n = 0
///     i = exp(ĩ - m')      f = exp(log σ(f̃) + m - m')
///     c' = f c + i tanh(z̃)      n' = f n + i
///     h' = σ(õ) c' / n'
///
/// States: hidden, cell, normalizer n and maximum m, H each. Parameters: `weight_ih [4H, I]`, `bias_ih [4H]` and
/// `weight_hh [4H, H]` in the order i, f, z, o. With k heads, units see only those of their own head:
/// `weight_hh [4H, H/k]`, the heads in order within each gate.
public struct SLSTM: RecurrentCell, Codable, Hashable {
  /// The number of heads; it divides H.
  public var heads: Int

  /// A cell with the given number of heads.
  public init(heads: Int = 1) { self.heads = heads }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let (n, m, builder) = (cell.state("normalizer"), cell.state("maximum"), cell)
    func sum(_ gate: String) -> Signal {
      let recurrent = h.chunks(heads).enumerated().map { head, h in
        builder.linear(h, "hh.\(gate)" + (heads > 1 ? "\(head)" : ""), width: h.width)
      }
      return builder.affine(x, "ih.\(gate)") + concatenate(all: recurrent)
    }
    let (logI, logF) = (sum("i"), logSigmoid(sum("f")))
    let (z, o) = (tanh(sum("z")), sigmoid(sum("o")))
    let largest = choose(where: n .== 0, logI, else: maximum(logI, m + logF))
    let (i, f) = (exp(logI - largest), exp(logF + m - largest))
    let (new, normalizer) = (f * c + i * z, f * n + i)
    cell.update(c, to: new)
    cell.update(n, to: normalizer)
    cell.update(m, to: largest)
    cell.update(h, to: o * new / normalizer)
  }

  /// Checks that the number of heads divides H.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    guard heads > 0, hiddenSize % heads == 0 else {
      throw UnsuitableOption(
        "heads", expected: "a divisor of the hidden size \(hiddenSize)", found: heads)
    }
  }
}

extension SLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "slstm", cell: SLSTM(),
      summary: "LSTM with exponential gates, of the xLSTM",
      paper: "M. Beck et al., xLSTM: extended long short-term memory, NeurIPS 2024")
  ]
}
