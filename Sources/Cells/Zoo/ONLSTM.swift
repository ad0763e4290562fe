/// Ordered neurons LSTM: units are ranked, and a unit is forgotten only with all those below it.
///
///     ī = 1 - cumax(W₁ x + b₁ + U₁ h)        cumax: running sum of the softmax
///     f̄ = cumax(W₂ x + b₂ + U₂ h)            one value for each chunk of C units
///     ω = f̄ ī
///     f = σ(...) ω + (f̄ - ω)      i = σ(...) ω + (ī - ω)
///     c' = f c + i tanh(...)       h' = σ(...) tanh(c')
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [2H/C + 4H, I]`, `bias_ih`, `weight_hh` in the order
/// ī, f̄, o, g, i, f, as in the authors' code. `...` is W x + b + U h with the gate's own weights, as in an LSTM.
public struct ONLSTM: RecurrentCell, Codable, Hashable {
  /// How many units share a master gate, C; it divides H.
  public var chunkSize: Int

  /// A cell with the given chunk size.
  public init(chunkSize: Int = 1) { self.chunkSize = chunkSize }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let builder = cell
    func sum(_ gate: String, width: Int? = nil) -> Signal {
      builder.affine(x, "ih.\(gate)", width: width) + builder.linear(h, "hh.\(gate)", width: width)
    }
    let chunks = cell.hiddenSize / chunkSize
    let first = 1 - sum("mi", width: chunks).softmax().cumulativeSum()
    let second = sum("mf", width: chunks).softmax().cumulativeSum()
    let (masterI, masterF) = (first.repeated(each: chunkSize), second.repeated(each: chunkSize))
    let overlap = masterF * masterI
    let o = sigmoid(sum("o"))
    let g = tanh(sum("g"))
    let i = sigmoid(sum("i")) * overlap + (masterI - overlap)
    let f = sigmoid(sum("f")) * overlap + (masterF - overlap)
    let new = f * c + i * g
    cell.update(c, to: new)
    cell.update(h, to: o * tanh(new))
  }

  /// Checks that the chunk size divides H.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    guard chunkSize > 0, hiddenSize % chunkSize == 0 else {
      throw UnsuitableOption(
        "chunkSize", expected: "a divisor of the hidden size \(hiddenSize)", found: chunkSize)
    }
  }
}

extension ONLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "onlstm", cell: ONLSTM(),
      summary: "LSTM with ordered neurons",
      paper:
        "Y. Shen, S. Tan, A. Sordoni and A. Courville, Ordered neurons: integrating tree"
        + " structures into recurrent neural networks, ICLR 2019")
  ]
}
