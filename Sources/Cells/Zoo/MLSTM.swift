/// mLSTM of the xLSTM: an LSTM with a matrix for a memory and exponential gates, as its paper states it.
///
///     q = W_q x + b_q      k = W_k x / √K + b_k      v = W_v x + b_v      o = σ(W_o x + b_o)
///     m' = max(log f + m, i)      f' = exp(log f + m - m')      i' = exp(i - m')
///     S' = f' S + i' k vᵀ      n' = f' n + i' k
///     y = o ∘ S'ᵀ q / max(|q · n'|, exp(-m'))
///
/// The gates i and f are `w x + b`, one number for each head. States: matrix S `[heads, K, V]`, normalizer n
/// `[heads, K]`, maximum m `[heads]`. Parameters under the paper's letters: `Wq`, `bq`, `Wk`, `bk [heads K, I]`, `Wv`,
/// `bv [heads V, I]`, `wi`, `bi`, `wf`, `bf [heads, I]`, `Wo`, `bo [heads V, I]`. The output has heads V units.
public struct MLSTM: MultiHeadCell, Codable, Hashable {
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The width of a head's key, K; nil for H / heads.
  public var keyWidth: Int?
  /// The width of a head's value, V; nil for H / heads.
  public var valueWidth: Int?

  /// A cell with the given options.
  public init(heads: Int? = nil, keyWidth: Int? = nil, valueWidth: Int? = nil) {
    self.heads = heads
    self.keyWidth = keyWidth
    self.valueWidth = valueWidth
  }

  public func equations(_ cell: inout CellBuilder) {
    let x = cell.input
    let size = Heads(heads, key: keyWidth, value: valueWidth, sharing: cell.hiddenSize)
    let small = Initialization.normal(deviation: (2 / (5 * Double(x.width))).squareRoot())
    let builder = cell
    func projection(
      _ name: String, _ width: Int, _ initialization: Initialization,
      bias: Initialization = .constant(0)
    ) -> Projection {
      builder.projection(
        weight: (name.first == "i" || name.first == "f" ? "w" : "W") + name, bias: "b" + name,
        from: x.width, to: width, initially: initialization, bias: bias)
    }
    let query = projection("q", size.keys, small)
    let key = projection("k", size.keys, small)
    let value = projection("v", size.values, small)
    let input = projection("i", size.count, .constant(0), bias: .normal(deviation: 0.1))
    let forget = projection("f", size.count, .constant(0), bias: .spread(3...6, count: size.count))
    let output = projection("o", size.values, small)

    let memory = MLSTMMemory(&cell, size)
    let read = memory.step(
      &cell, q: query(x).shaped(size.count, size.key),
      k: key(x, scale: 1 / Double(size.key).squareRoot()).shaped(size.count, size.key),
      v: value(x).shaped(size.count, size.value), i: input(x), logF: logSigmoid(forget(x)),
      epsilon: 0)
    cell.output(sigmoid(output(x)) * read.flat)
  }
}

extension MLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mlstm", cell: MLSTM(),
      summary: "LSTM with a matrix for a memory, of the xLSTM",
      paper:
        "M. Beck et al., xLSTM: extended long short-term memory, NeurIPS 2024")
  ]
}

/// One step of the mLSTM's memory, with gates kept finite by a running maximum.
///
///     m' = max(log f + m, i)      f' = exp(log f + m - m')      i' = exp(i - m')
///     S' = f' S + i' k vᵀ      n' = f' n + i' k
///     result: S'ᵀ q / (max(|q · n'|, exp(-m')) + ε)
package struct MLSTMMemory {
  private let s, n, m: Signal
  private let size: Heads

  /// The states, in heads: matrix `[heads, K, V]`, normalizer `[heads, K]` and maximum `[heads]`.
  package init(_ cell: inout CellBuilder, _ size: Heads) {
    s = cell.state("matrix", shape: size.matrices)
    n = cell.state("normalizer", shape: [size.count, size.key])
    m = cell.state("maximum", width: size.count)
    self.size = size
  }

  /// Writes k and v, and reads by q, `[heads, V]`; i and log f have one unit for each head.
  package func step(
    _ cell: inout CellBuilder, q: Signal, k: Signal, v: Signal, i: Signal, logF: Signal,
    epsilon: Double
  ) -> Signal {
    let remembered = logF + m
    let largest = maximum(remembered, i)
    let kept = exp(remembered - largest).shaped(size.count, 1)
    let written = exp(i - largest).shaped(size.count, 1) * k
    let (matrix, normalizer) = (kept.expanded(at: -1) * s + outer(written, v), kept * n + written)
    cell.update(s, to: matrix)
    cell.update(n, to: normalizer)
    cell.update(m, to: largest)
    let divisor = maximum(abs((q * normalizer).sum(-1)), exp(-largest)) + epsilon
    return matrix.read(by: q) / divisor.expanded(at: -1)
  }
}
