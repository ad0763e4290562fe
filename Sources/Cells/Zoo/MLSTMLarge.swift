/// mLSTM as in the xLSTM of seven billion weights: soft-capped gates, a norm by head, and an output product.
///
///     i, f = 15 tanh((w x + b) / 15)
///     m' = max(log σ(f) + m, i)      f' = exp(log σ(f) + m - m')      i' = exp(i - m')
///     S' = f' S + i' k vᵀ      n' = f' n + i' k
///     h = S'ᵀ q / √K / (max(|q · n'| / √K, exp(-m')) + 1e-6)
///     y = W_out (σ(W_o x) ∘ N(h) γ)      N: normalised by head
///
/// States: matrix S `[heads, K, V]`, normalizer n `[heads, K]`, maximum m `[heads]`. Parameters as in xlstm:
/// `q.weight`, `k.weight [heads K, I]`, `v.weight`, `ogate_preact.weight [heads V, I]`, `igate_preact.weight
/// [heads, I]` and `.bias`, likewise `fgate_preact`, `multihead_norm.weight [heads V]`, `out_proj.weight [H, heads V]`.
public struct MLSTMLarge: MultiHeadCell, Codable, Hashable {
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
    let (x, width) = (cell.input, cell.hiddenSize)
    let size = Heads(heads, key: keyWidth, value: valueWidth, sharing: width)
    let builder = cell
    func projection(_ name: String, _ width: Int, bias: Initialization? = nil) -> Projection {
      builder.projection(
        name, from: x.width, to: width, hasBias: bias != nil, initially: .pyTorch(inputs: x.width),
        bias: bias)
    }
    let (query, key) = (projection("q", size.keys), projection("k", size.keys))
    let value = projection("v", size.values)
    let output = projection("ogate_preact", size.values)
    let input = projection("igate_preact", size.count, bias: .constant(-10))
    let forget = projection(
      "fgate_preact", size.count, bias: .spread(3...6, count: size.count))
    let gain = cell.parameter("multihead_norm.weight", [size.values], initially: .constant(1))
    let out = cell.projection(
      "out_proj", from: size.values, to: width, initially: .pyTorch(inputs: size.values))

    func capped(_ gate: Signal) -> Signal { 15 * tanh(gate / 15) }
    let memory = MLSTMMemory(&cell, size)
    let read = memory.step(
      &cell, q: query(x).shaped(size.count, size.key) / Double(size.key).squareRoot(),
      k: key(x).shaped(size.count, size.key), v: value(x).shaped(size.count, size.value),
      i: capped(input(x)), logF: logSigmoid(capped(forget(x))), epsilon: 1e-6)
    let h = read.normalizedAlongLastAxis(epsilon: 1e-6).flat * gain
    cell.output(out(sigmoid(output(x)) * h))
  }
}

extension MLSTMLarge {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mlstm-large", cell: MLSTMLarge(),
      summary: "mLSTM with capped gates and a norm by head",
      paper:
        "M. Beck, K. Pöppel, P. Lippe, R. Kurle, P. Blies, G. Klambauer, S. Böck and S."
        + " Hochreiter, xLSTM 7B: a recurrent LLM for fast and efficient inference, ICML"
        + " 2025")
  ]
}
